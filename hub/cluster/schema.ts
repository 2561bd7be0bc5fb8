/**
 * The schema of the engine in PostgreSQL, as steps that only add (expand). A step that removes something (contract) raises
 * `rh_schema.least`, once no hub of an earlier version runs: hubs that know a lower version than `least` refuse to start.
 *
 * Every function that changes records or leases locks the row of `rh_head` first, so they run one after the other. A call is one statement
 * in its own transaction: a hub that stops in the middle of a call holds no lock.
 */
export const steps: readonly string[] = [
  `
create table rh_head (one integer primary key, change bigint not null, seq bigint not null, batch text not null);
insert into rh_head values (1, 0, 0, '');

create table rh_hub (
  id text primary key, boot bigint not null, address text not null, version text not null, until timestamptz not null, term_ms bigint not null);
create table rh_lease (
  role text primary key, hub text not null, boot bigint not null, epoch bigint not null, until timestamptz not null);

-- Ids and keys sort by their bytes, as in the store of one hub.
create table rh_record (
  collection text collate "C", id text collate "C", revision bigint not null, value bytea not null, primary key (collection, id));
create table rh_claim (
  collection text collate "C", key text collate "C", id text collate "C" not null, primary key (collection, key));
create index rh_claim_id on rh_claim (collection, id);

-- body: the bytes of the change's values and events, one after the other, as plan tells.
create table rh_log (
  change bigint primary key, batch text not null, hub text not null, plan jsonb not null, body bytea not null, first_seq bigint not null);
-- outcome is null: the batch was given up, and is never applied.
create table rh_batch (id text primary key, outcome jsonb, change bigint not null, at timestamptz not null);
create index rh_batch_change on rh_batch (change);

create function rh_enter(of_hub text, of_boot bigint) returns rh_head language plpgsql as $$
declare
  head rh_head;
begin
  select * into head from rh_head for update;
  perform from rh_hub where id = of_hub and boot = of_boot;
  if not found then raise exception 'replaced' using errcode = 'RH001'; end if;
  return head;
end $$;

create function rh_join(of_hub text, of_address text, of_version text, term bigint) returns bigint language plpgsql as $$
declare
  made bigint;
begin
  perform from rh_head for update;
  insert into rh_hub as h values (of_hub, 1, of_address, of_version, clock_timestamp() + term * interval '1 ms', term)
    on conflict (id) do update set boot = h.boot + 1, address = excluded.address, version = excluded.version,
      until = excluded.until, term_ms = excluded.term_ms
    returning boot into made;
  return made;
end $$;

create function rh_take_lease(of_hub text, of_boot bigint, of_role text, term bigint) returns bigint language plpgsql as $$
declare
  made bigint;
begin
  perform rh_enter(of_hub, of_boot);
  insert into rh_lease as l values (of_role, of_hub, of_boot, 1, clock_timestamp() + term * interval '1 ms')
    on conflict (role) do update set hub = excluded.hub, boot = excluded.boot, until = excluded.until,
      epoch = l.epoch + case when l.hub = of_hub and l.boot = of_boot and l.until > clock_timestamp() then 0 else 1 end
    where (l.hub = of_hub and l.boot = of_boot) or l.until <= clock_timestamp()
    returning epoch into made;
  return made;
end $$;

-- Applies one change, or raises RH003 with the verdict.
create function rh_apply(plan jsonb, body bytea) returns void language plpgsql as $$
declare
  part jsonb;
  place bigint;
  was bigint;
  taken text;
begin
  for part in select * from jsonb_array_elements(plan->'guards') loop
    perform from rh_record where collection = part->>'c' and id = part->>'i' and revision = (part->>'r')::bigint;
    if not found then raise exception '{"refused":"conflict"}' using errcode = 'RH003'; end if;
  end loop;
  for part, place in select value, ordinality - 1 from jsonb_array_elements(plan->'writes') with ordinality loop
    select revision into was from rh_record where collection = part->>'c' and id = part->>'i';
    if part->>'x' = 'absent' then
      if found then
        raise exception using errcode = 'RH003', message = jsonb_build_object('refused', 'already_exists', 'write', place)::text;
      end if;
    elsif part ? 'x' and was is distinct from (part->>'x')::bigint then
      raise exception using errcode = 'RH003', message = jsonb_build_object('refused', 'conflict', 'write', place)::text;
    end if;
    delete from rh_claim where collection = part->>'c' and id = part->>'i' and not (part->'k' ? key);
    if not part ? 'n' then
      delete from rh_record where collection = part->>'c' and id = part->>'i';
      continue;
    end if;
    insert into rh_record values
        (part->>'c', part->>'i', (part->>'r')::bigint, substring(body from (part->>'o')::int + 1 for (part->>'n')::int))
      on conflict (collection, id) do update set revision = excluded.revision, value = excluded.value;
    insert into rh_claim select part->>'c', k, part->>'i' from jsonb_array_elements_text(part->'k') k
      on conflict (collection, key) do nothing;
    select key into taken from rh_claim
      where collection = part->>'c' and key in (select jsonb_array_elements_text(part->'k')) and id <> part->>'i' limit 1;
    if found then
      raise exception using errcode = 'RH003',
        message = jsonb_build_object('refused', 'already_exists', 'write', place, 'claim', taken)::text;
    end if;
  end loop;
end $$;

create function rh_check_leases(of_hub text, of_boot bigint, leases jsonb) returns void language plpgsql as $$
declare
  part jsonb;
begin
  for part in select * from jsonb_array_elements(leases) loop
    perform from rh_lease where role = part->>'role' and epoch = (part->>'epoch')::bigint
      and hub = of_hub and boot = of_boot and until > clock_timestamp();
    if not found then raise exception 'lease_lost' using errcode = 'RH002'; end if;
  end loop;
end $$;

create function rh_continue_after(of_hub text, of_boot bigint, leases jsonb, seen bigint) returns void language plpgsql as $$
begin
  perform rh_enter(of_hub, of_boot);
  perform rh_check_leases(of_hub, of_boot, leases);
  update rh_head set seq = greatest(seq, seen);
end $$;

create function rh_commit(of_batch text, of_hub text, of_boot bigint, request jsonb, body bytea) returns jsonb language plpgsql as $$
declare
  head rh_head;
  part jsonb;
  known rh_batch;
  verdict text;
  verdicts jsonb := '[]';
  own bytea;
  result jsonb;
begin
  head := rh_enter(of_hub, of_boot);
  update rh_hub set until = clock_timestamp() + term_ms * interval '1 ms' where id = of_hub;
  select * into known from rh_batch where id = of_batch;
  if found then return known.outcome; end if;
  perform rh_check_leases(of_hub, of_boot, request->'leases');
  for part in select * from jsonb_array_elements(request->'changes') loop
    begin
      own := substring(body from (part->>'o')::int + 1 for (part->>'n')::int);
      perform rh_apply(part, own);
      head.change := head.change + 1;
      head.batch := of_batch;
      insert into rh_log values (head.change, of_batch, of_hub, part, own, head.seq + 1);
      verdicts := verdicts || jsonb_build_object('change', head.change, 'firstSeq', head.seq + 1);
      head.seq := head.seq + jsonb_array_length(part->'events');
    exception when sqlstate 'RH003' then
      get stacked diagnostics verdict = message_text;
      verdicts := verdicts || verdict::jsonb;
    end;
  end loop;
  update rh_head set change = head.change, seq = head.seq, batch = head.batch where change <> head.change;
  result := jsonb_build_object('verdicts', verdicts,
    'head', jsonb_build_object('change', head.change, 'seq', head.seq, 'batch', head.batch));
  -- A batch without content only renews, and may do so twice.
  if request->'changes' <> '[]' then
    insert into rh_batch values (of_batch, result, head.change, clock_timestamp());
  end if;
  return result;
end $$;

create function rh_settle(of_batch text, of_hub text, of_boot bigint) returns jsonb language plpgsql as $$
declare
  head rh_head;
  result jsonb;
begin
  head := rh_enter(of_hub, of_boot);
  insert into rh_batch values (of_batch, null, head.change, clock_timestamp()) on conflict (id) do nothing;
  select outcome into result from rh_batch where id = of_batch;
  return result;
end $$;

-- Locks no head: it grows only, so the newest change stays even if another one comes meanwhile. Outcomes stay for an hour beyond their
-- changes: a hub asks for them within seconds.
create function rh_trim_log(before bigint, most bigint) returns bigint language plpgsql as $$
declare
  entries bigint;
  outcomes bigint;
begin
  delete from rh_log where change in (
    select l.change from rh_log l, rh_head h where l.change < least(before, h.change) order by l.change limit most);
  get diagnostics entries = row_count;
  delete from rh_batch where id in (
    select id from rh_batch where change < before and at < clock_timestamp() - interval '1 hour' order by change limit most);
  get diagnostics outcomes = row_count;
  return greatest(entries, outcomes);
end $$;
`,
];
