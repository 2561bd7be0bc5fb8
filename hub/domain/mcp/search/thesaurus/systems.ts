/** Databases, clusters and applications; `../thesaurus.ts` says how to read and extend it. */
export const systems = `
database, db
database, db > postgres, mysql, sqlite, mongodb, sql
table, collection, data source, database
row, record, document, entry
item, object, entry, element
field, column, property, attribute
schema, structure, fields, columns, data model, data type
fields of > schema
index, indices, faster lookup, make faster, speed up
sql, psql, query, select, statement
filter, match, matching, sorted, order by, older than, newer than, greater than, less than, above, below > query, find
slow, performance, speed, fast, faster, slowly, outlier
slow > outlier, resource heavy
most time > heavy, outlier
query plan, explain, execution plan, winning plan
backup, back up, dump, safe copy
copy > backup
export, dump
postgres, postgresql, pg
mongodb, mongo
kubernetes, k8s, kubectl, cluster
pod, container
pod, namespace, deployment, service, ingress, config map, daemon set, stateful set, replica set, cron job > resource
pod, namespace, ingress, config map, daemon set, stateful set, replica set > kubernetes
node, machine, host, server
virtual machine, vm, instance, server
drain, cordon, evict, take out of service, unschedulable
resource, object, kind
replica, instance, scale
shell, terminal, bash, command line > exec, execute
command, script
port forward, tunnel, forward a port
reach, access > connect, forward
local, localhost, locally, own machine, my machine, own computer, my computer, my laptop
app, application
dyno, process, worker
process, running
add on, addon, extension, extra service, plugin
redis, postgres, memcached > add on
billing, price, pricing, cost, money, expensive, cheap, buy, plan
region, location, data center
place, country, continent > region
europe, america, asia > region
helm, chart, helm chart
heavy, expensive > outlier, slow, resource heavy
inside a container, inside a pod, in a container, in a pod > exec
`;
