import { useInfiniteQuery } from '@tanstack/react-query';
import { Confirm, Form, useAct } from '../forms.js';
import { hub } from '../hub.js';
import { useMay, useSession } from '../session.js';
import { Failure, number, Table } from '../ui.js';

const PAGE = 100;

/** The servers that users may enable for themselves: the entries that ship with the hub, and the images that users added. */
export function Catalog() {
  const may = useMay();
  const { data, error, fetchNextPage, hasNextPage, isFetching } = useInfiniteQuery({
    queryKey: ['catalog'],
    queryFn: ({ pageParam, signal }) =>
      hub.portal.servers.list({ shared: false, page: pageParam, limit: PAGE }, { signal }),
    initialPageParam: 1,
    getNextPageParam: ({ pagination: { page, has_next } }) => (has_next ? page + 1 : undefined),
  });
  const remove = useAct((id: string) => hub.portal.catalog.removeCustomServer(id), 'catalog');
  const failed = error ?? remove.error;
  const writes = may('catalog.write');
  return (
    <section aria-labelledby="catalog">
      <h2 id="catalog">Catalog</h2>
      <p>Users enable these servers for themselves. An added image runs in a container without rights.</p>
      {failed && <Failure error={failed} />}
      <Table
        label="Table of the catalog"
        head={['Server', 'Source', 'Category', 'From', ...(writes ? ['Actions'] : [])]}
      >
        {data?.pages
          .flatMap(({ servers }) => servers)
          .map(
            ({
              id,
              name,
              display_name,
              description,
              image,
              category,
              catalog_type,
              changeable,
              private: isPrivate,
            }) => (
              <tr key={id}>
                <td>
                  {display_name} {display_name !== name && <small>({name})</small>}
                  <br />
                  <small>{description}</small>
                </td>
                <td>{image}</td>
                <td>{category}</td>
                <td>{catalog_type === 'predefined' ? 'the hub' : isPrivate ? 'another user, not shared' : 'a user'}</td>
                {writes && (
                  <td>
                    {changeable && (
                      <Confirm
                        action="Remove"
                        subject={`${name} and the servers made from it`}
                        isPending={remove.isPending}
                        onConfirm={() => remove.mutate(id)}
                      />
                    )}
                  </td>
                )}
              </tr>
            ),
          )}
      </Table>
      {hasNextPage && (
        <button type="button" disabled={isFetching} onClick={() => void fetchNextPage()}>
          Show more of {number(data?.pages[0]?.pagination.total ?? 0)}
        </button>
      )}
      {writes && <Add />}
    </section>
  );
}

function Add() {
  const { role } = useSession().session.user;
  const shares = role === 'operator' || role === 'admin';
  const add = useAct(
    (body: Parameters<typeof hub.portal.catalog.addCustomServer>[0]) => hub.portal.catalog.addCustomServer(body),
    'catalog',
  );
  return (
    <Form
      label="Add an image to the catalog"
      action="Add to the catalog"
      isPending={add.isPending}
      error={add.error}
      onSubmit={(fields, form) => {
        const given = ['display_name', 'description', 'category'].map((name) => [name, textIn(fields, name)] as const);
        const body = {
          name: textIn(fields, 'name'),
          image: textIn(fields, 'image'),
          ...Object.fromEntries(given.filter(([, text]) => text !== '')),
          ...(shares && { shared: fields.has('shared') }),
        };
        add.mutate(body, { onSuccess: () => form.reset() });
      }}
    >
      <label>
        Name in the catalog
        <input name="name" required maxLength={40} autoComplete="off" spellCheck={false} />
      </label>
      <label>
        Image
        <input
          name="image"
          required
          maxLength={512}
          autoComplete="off"
          spellCheck={false}
          placeholder="ghcr.io/acme/weather-mcp:1.4"
        />
      </label>
      <label>
        Title
        <input name="display_name" maxLength={128} autoComplete="off" />
      </label>
      <label>
        Description
        <input name="description" maxLength={2000} autoComplete="off" />
      </label>
      <label>
        Category
        <input name="category" maxLength={64} autoComplete="off" />
      </label>
      {shares && (
        <label>
          <input type="checkbox" name="shared" defaultChecked /> All users see it
        </label>
      )}
    </Form>
  );
}

const textIn = (fields: FormData, name: string) => String(fields.get(name) ?? '').trim();
