import { readFile } from 'node:fs/promises';
import type { infrastructure } from '@roundhouse/sdk';
import {
  argument,
  choice,
  command,
  flag,
  many,
  type Noun,
  parsed,
  required,
  text,
  withDefault,
  yes,
} from '../../frame/command.js';
import { CommandError } from '../../frame/failures.js';
import type { Columns } from '../../frame/output.js';
import { confirm, readSecret } from '../../frame/prompt.js';
import { all, defined, list, seconds, wholeNumber } from '../../frame/values.js';

const types = ['cisco_ios', 'cisco_nxos', 'juniper_junos', 'frr'] as const;
const formats = ['text', 'json', 'xml', 'set'] as const;

const columns: Columns<infrastructure.Device> = {
  DEVICE: ({ name }) => name,
  SITE: ({ site }) => site,
  STATUS: ({ status }) => status,
  TYPE: ({ type }) => type,
  HOST: ({ hostname, port }) => `${hostname}:${port}`,
  ID: ({ id }) => id,
};

const device = argument('id or name of the device');

/** `roundhouse device`. */
export const deviceNoun: Noun = {
  name: 'device',
  summary: 'network devices',
  commands: [
    command({
      name: 'list',
      summary: 'list the devices',
      example: 'roundhouse device list',
      async run({ hub, out, signal }) {
        const found = await all(hub.infrastructure.network.listDevicesAll({ limit: 100 }, { signal }));
        await out.list(found, columns, ({ name }) => name, 'no devices');
      },
    }),
    command({
      name: 'show',
      summary: 'show a device',
      example: 'roundhouse device show core-1',
      args: { device },
      async run({ hub, args, out }) {
        const found = await hub.infrastructure.network.getDevice(args.device);
        const { model, serial, os_version, uptime } = found.system_info;
        const facts = {
          ...{ device: found.name, id: found.id, type: found.type, host: `${found.hostname}:${found.port}` },
          ...{ site: found.site, status: found.status, reason: found.error, user: found.username },
          ...{ model, serial, 'OS version': os_version, uptime },
          'host key': found.known_host_key,
          tags: found.tags.join(', '),
          'last connected': found.last_connected,
        };
        await out.record(found, facts, found.id);
      },
    }),
    command({
      name: 'add',
      summary: 'register a device; its password is read from standard input unless --ssh-key is given',
      example: 'roundhouse device add core-1 192.0.2.1 --type cisco_ios --user admin --site berlin',
      args: { name: argument('name of the device'), host: argument('its name or address, as the site knows it') },
      options: {
        type: required(choice(types, 'the kind of device')),
        user: required(text('<name>', 'user name on the device')),
        port: parsed('<number>', 'default: 22', wholeNumber),
        passwordFile: text('<file>', 'file that holds the password'),
        sshKey: text('<file>', 'file with a private key, in place of the password'),
        site: text('<name>', 'the site whose agent connects to it'),
        tags: parsed('<tags>', 'comma-separated', list),
        legacy: flag('also the algorithms that old devices need'),
      },
      async run({ hub, args, options, out, signal }) {
        const { type, user, port, passwordFile, sshKey, site, tags, legacy } = options;
        const secret =
          sshKey === undefined
            ? { password: await readSecret(out, `Password of ${user} on ${args.host}`, passwordFile) }
            : { ssh_key: (await readFile(sshKey)).toString('base64') };
        const body: infrastructure.CreateDeviceBody = {
          ...{ name: args.name, type, hostname: args.host, credentials: { username: user, ...secret } },
          ...defined({ port, site, tags }),
          ...(legacy ? { connection_options: { legacy_algorithms: true } } : {}),
        };
        const made = await out.progress.during(
          `connecting ${args.name}`,
          hub.infrastructure.network.createDevice(body, { signal }),
        );
        await out.done(`${made.name} is registered: ${made.status}`, made);
      },
    }),
    command({
      name: 'connect',
      summary: 'connect to a device',
      example: 'roundhouse device connect core-1',
      args: { device },
      async run({ hub, args, out, signal }) {
        const { network } = hub.infrastructure;
        const made = await out.progress.during(
          `connecting ${args.device}`,
          network.connectDevice(args.device, { signal }),
        );
        await out.done(`${made.name} is connected`, made);
      },
    }),
    command({
      name: 'disconnect',
      summary: 'disconnect from a device',
      example: 'roundhouse device disconnect core-1',
      args: { device },
      async run({ hub, args, out }) {
        const result = await hub.infrastructure.network.disconnectDevice(args.device);
        await out.done(`${args.device} is disconnected`, result);
      },
    }),
    command({
      name: 'run',
      summary: 'run a line on a device; exit code 6 if the device answers with an error',
      example: "roundhouse device run core-1 'show version'",
      args: { device, line: argument('one line, in quotation marks if it has spaces') },
      options: {
        timeout: parsed('<duration>', 'how long it may take; default: 60s', seconds),
        answer: many('<text>', 'the answer to a question of the device, in order; repeatable'),
        structured: flag('ask for JSON where the platform has it'),
      },
      async run({ hub, args, options, out, signal }) {
        const { network } = hub.infrastructure;
        const body = {
          command: args.line,
          ...defined({ timeout: options.timeout }),
          ...(options.structured ? { structured: true } : {}),
          ...(options.answer.length > 0 ? { answers: options.answer } : {}),
        };
        const result = await out.progress.during(
          `${args.device}: ${args.line}`,
          network.runCommand(args.device, body, { signal, timeoutMs: ((options.timeout ?? 60) + 30) * 1000 }),
        );
        await out.text(result.output, result);
        if (!result.success) throw new CommandError(result.error ?? 'the device answered with an error', 'outcome');
      },
    }),
    command({
      name: 'config',
      summary: 'print the configuration of a device',
      example: 'roundhouse device config core-1 > core-1.conf',
      args: { device },
      options: {
        format: choice(formats, 'each platform has some of them; default: text'),
        section: text('<line>', "only this part, such as 'interface eth0'"),
      },
      async run({ hub, args, options: { format, section }, out, signal }) {
        const { network } = hub.infrastructure;
        const found = await out.progress.during(
          `reading from ${args.device}`,
          network.getConfig(args.device, defined({ format, section }), { signal }),
        );
        await out.text(found.config, found);
      },
    }),
    command({
      name: 'configure',
      summary: 'change the configuration of a device by a file',
      example: 'roundhouse device configure core-1 ntp.conf --preview',
      args: { device, file: argument('the lines or the whole configuration') },
      options: {
        format: withDefault(choice(formats, 'form of the file'), 'text'),
        replace: flag('the file is the whole configuration; default: its lines are merged'),
        preview: flag('make a candidate that the hub keeps; the device stays as it is'),
        yes,
      },
      async run({ hub, args, options: { format, replace, preview, yes }, out, signal }) {
        const config = await readFile(args.file, 'utf8');
        if (!preview) await confirm(out, `Change the configuration of '${args.device}'?`, yes);
        const body = { config, format: format ?? 'text', replace, commit: !preview };
        const { network } = hub.infrastructure;
        const result = await out.progress.during(
          `changing ${args.device}`,
          network.putConfig(args.device, body, { signal, timeoutMs: 600_000 }),
        );
        await out.done(preview ? `${args.device} has a candidate` : `${args.device} is changed`, result);
      },
    }),
    command({
      name: 'backup',
      summary: 'keep the configuration of a device at the hub',
      example: 'roundhouse device backup core-1',
      args: { device },
      options: { description: text('<text>', 'why') },
      async run({ hub, args, options: { description }, out, signal }) {
        const { network } = hub.infrastructure;
        const made = await out.progress.during(
          `reading from ${args.device}`,
          network.backupConfig(args.device, defined({ description }), { signal }),
        );
        await out.text(made.backup_id, made);
      },
    }),
    command({
      name: 'backups',
      summary: 'list the kept configurations of a device',
      example: 'roundhouse device backups core-1',
      args: { device },
      async run({ hub, args, out, signal }) {
        const found = await all(hub.infrastructure.network.listBackupsAll(args.device, { limit: 100 }, { signal }));
        type Backup = (typeof found)[number];
        const shown = {
          BACKUP: ({ backup_id }: Backup) => backup_id,
          VERSION: ({ version }: Backup) => version,
          CREATED: ({ created_at }: Backup) => created_at,
          BYTES: ({ size }: Backup) => size,
          DESCRIPTION: ({ description }: Backup) => description,
        };
        await out.list(found, shown, ({ backup_id }) => backup_id, 'no backups');
      },
    }),
    command({
      name: 'remove',
      summary: 'forget a device, its credentials and its kept configurations',
      example: 'roundhouse device remove core-1 --yes',
      args: { device },
      options: { yes },
      async run({ hub, args, options, out }) {
        await confirm(out, `Forget device '${args.device}'?`, options.yes);
        await hub.infrastructure.network.deleteDevice(args.device);
        await out.done(`${args.device} is forgotten`, { device: args.device, removed: true });
      },
    }),
  ],
};
