/** Databases, clusters and applications; `./thesaurus.ts` says how to read and extend it. */
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

/** Places, mail, appointments, things at home; `./thesaurus.ts` says how to read and extend it. */
export const everyday = `
direction, route, way, how do i get, get to, get from, get there, navigate to
distance, how far, travel time, far, between, mile, kilometer
drive, walk, cycle, trip, journey, travel > direction, distance
how long, how far > distance, time
coordinate, latitude, longitude, gps, geocode
address, geocode, street, postcode, zip code
elevation, altitude, how high, height, above sea level, mountain, hill
place, venue, spot, nearby, near, near me, point of interest
restaurant, shop, store, hotel, pharmacy, cafe, bar, pub, museum, cinema, theater, gas station, bakery, supermarket, doctor, dentist, hospital, school, bank, atm, parking, park, airport, train station > place
rating, opening hours, phone number, review > details
place details, opening hours, rating
mail, email, inbox
calendar, appointment, meeting, event
schedule, recurring, cron, regularly, periodically, every hour, every day, every week, hourly, daily, weekly
invoice, bill, receipt, payment
customer, client, contact
spreadsheet, sheet, excel, table
slides, presentation, powerpoint
certificate, tls, ssl
domain, dns, hostname
device, sensor, gadget
light, lamp, bulb
temperature, thermostat, heating
weather, forecast, rain
password, login
task, todo, to do, reminder
fact, observation, knowledge
remember, memorize, keep in mind > observation, add
forget > delete
know about > knowledge, search
person, people > entity
archive, zip, compress, tar
print, printer
volume, loud, mute
play, music, song
`;

/** Code, files, pages, people and their messages; `./thesaurus.ts` says how to read and extend it. */
export const content = `
issue, ticket, bug, defect, enhancement, complaint, complain, feature request
problem, error, failure, crash, exception, warning
why > logs, debug, analyze
where > location, search, find
when > time, history, info
how much > size, price
how big, how large > size
how fast > speed, performance
crash, fail, broken, why did, does not start, does not work, not working > logs, describe
pull request, merge request, pr, mr
propose, suggest, contribute > create
propose, suggest, contribute > pull request
review, reviewer, feedback
comment, remark, note, annotation
comment > reply
post, message
repository, repo, project
open source > repository
code, source
function, class, method, symbol > code
!commit, record changes, check in
history, log, recent, lately, latest, newest, past, earlier, previous, last, former
commit message, save my work > commit
log, output, stdout, printed
log, event, log lines
tail > log
line > text, file
first lines, last lines, beginning of > head, tail, read
directory, folder, subfolder, dir
working tree, working directory, working copy, checkout, clone, local changes
directory, folder > file
tree, structure, hierarchy, nested, recursive, subfolder, subdirectory
file, document, doc
file, disk, hard disk
readme, license, changelog > file
image, picture, photo, media
png, jpg, jpeg, gif, mp3, audio, video file > image, media
browser, chrome, firefox
window, screen, viewport
console, developer tools, devtools
photograph, snap, shoot > screenshot, capture
screenshot, picture, image of the page
snapshot, structure, capture
video, screencast, film, movie, recording
screenshot, screencast > page
page, tab, site, website, web page
website, url, site, web, link, homepage
internet, web, online, google
navigate, go to, visit, open, browse, surf
go to > switch, checkout
back, previous, return
user, people, person, member, everybody, everyone, colleague, coworker, teammate, staff, employee, contributor, collaborator, who
account, user, profile
profile, email address, job title
team, group, organization, crew
organization, org, company
token, api key, access token, credential
bot, robot
authentication, auth, authorization, login
membership > member, team
workspace, space, tenant
password, credential, secret
permission, access right, privilege, credential
allowed, may, permitted, permission
owner, permission, last changed, modified, when was > info, metadata
channel, room, chat
slack, chat
message, mail, email, text message, dm
emoji, reaction, thumbs up, smiley, react
check in, save changes > commit
test, tests > checks, status
contents of, what is in, in this folder > list, contents
who changed, blame, author > commit, log
`;

/** Things and actions in a browser; `./thesaurus.ts` says how to read and extend it. */
export const browser = `
click, press, push, tap, hit
escape, return key, enter key, arrow key > key
ok button, cancel button > dialog
key, keyboard, shortcut, hotkey
button, link > element, click
type, enter, fill, input, write, put in
text box, text field, search box, input field, search field, box > input, text
checkbox, check box, radio button, tick > form
interact, click through, operate
form, field, input
sign up, log in, user name > form
dropdown, select, option, combo box
hover, point
mouse, cursor, pointer
position, coordinate, x, y
dialog, popup, pop up, alert, confirmation, message box
drag, drop, pull
scroll, wheel
visible, shown, displayed, appear, on the screen
contain, say, word > text
wait, until, hang on, hold on
disappear, be gone, vanish, go away
request, http call, api call, call, network
cookie, header, status code > request
javascript, js, script
css, style, stylesheet
color, colour, font, margin, border > css, style
color, colour
audit, score, seo, quality, best practice
trace, profiling, performance, bottleneck
dark mode, dark theme, color scheme, light mode, theme
emulate, pretend, simulate, imitate, mimic
mobile, slow connection, phone, iphone, android, tablet, device, throttle, offline > emulate
viewport, screen size, window size > resize, emulate
accessibility, a11y, accessible, screen reader
memory, heap, leak, ram
locator, selector, xpath
hover, mouse over
screenshot, screen capture, screen grab
load time, page speed, web vitals > performance, trace
console error, javascript error > console
network traffic, resource > request
dom, page structure > snapshot
geolocation, user agent > emulate
assertion > verify
`;

/** Things that people want to do, or to know; `./thesaurus.ts` says how to read and extend it. */
export const actions = `
get, retrieve, fetch, read, obtain, show, view, see, display, look at, load, give me, bring up, pull up
get, details, information, info, describe, inspect, metadata, about, tell me about, everything about
find out, know, learn > get, info, search
list, enumerate, all, every, which, overview, browse, show all, what are, existing
list, get, what, which, who
are there, do i have, do we have, is there, belong to, exist, recent, latest, newest, pending, unread > list
open, closed, unresolved > list, status
search, find, look up, look through, scan, look for, lookup, locate, seek, discover, where, query
!create, new, make, set up, begin, provision, build, spin up
!create, start, open, launch
!start, trigger, kick off, turn on, switch on, activate, enable, on
stop, turn off, switch off, deactivate, disable, off
!create, register, sign up
!create, report, file a, file an, raise
!add, append, insert, put, put in, include, attach
!add, create
add, extend > update
!update, change, edit, modify, alter, set, adjust, patch, replace, revise, correct, rewrite, fix, swap
!delete, remove, erase, drop, wipe, destroy, get rid of, clear, purge, tear down, teardown, clean up, cleanup, throw away, discard, do away with, tidy up, revoke, take out, take away, throw out, cut
delete everything, remove everything > cleanup, all
!uninstall, remove, delete, get rid of
!install, set up, deploy
run, execute, evaluate, eval, exec, perform, invoke
!stop, end, terminate, kill, halt, quit, abort, cancel, leave, finish
close, shut, end, dismiss
!pause, suspend, freeze, stop, hibernate, sleep
!resume, continue, unpause, wake up, wake
!restart, reboot, start again, bounce
reload, refresh, navigate
!move, relocate, transfer, migrate, shift, somewhere else, elsewhere, another place
!rename, new name, another name, different name, other name
!copy, duplicate, clone, fork, own copy
!upload, push, send, put
download, save, scrape, fetch
save, store, write, export, persist, keep
!send, post, publish, tell, say, announce, write, notify, inform, share
!reply, answer, respond, response
reply, answer > comment
watch, monitor, observe, keep an eye on, tell me when, notify me when, alert me when, track
check, verify, test, validate, try out, make sure, ensure, assert, confirm
allow, permit, grant, authorize, let, may, access
connect, sign in, log in, login, hook up
log out, log off, sign out, log me out > disconnect
!upgrade, newer version, new version, latest version, newer, newest
!scale, number of, amount of, quantity, bigger, larger, smaller, more, fewer, resize, grow, shrink, increase, reduce
!revert, undo, roll back, rollback, restore, reset, recover, bring back, get back
back, undo, restore > backup
previous version, older version > rollback, rollout, undo
rollout, roll out, roll back, rollback, redeploy
!switch, change to, jump to, go over to, work in, work on, select, choose, pick, checkout, use another
!deploy, publish, release, ship, go live, put online
!promote, to production, into production
staging, production, stage > pipeline, promote
compare, diff, difference, versus
changes, diff, modification, changed, edited
convert, turn into, transform, parse
count, how many, number of
calculate, compute, work out
import, insert, load
thread, discussion, conversation, discuss
mkdir > create directory
ls, dir > list
rm > delete
mv > move, rename
cp > copy
grep, find > search
aggregate, group, sum up, summarize, total, sum, average, maximum, minimum, per month, per day
analyze, examine, investigate, diagnose, debug, find out why
record, capture, take
accept > merge, handle, dismiss
!merge, combine, join, unite
sync, synchronize, up to date, bring up to date > update
approve, review, approval, request changes, reject, sign off
!merge, integrate, bring into, land
rebase > update
assign, close, reopen, label, mark as, resolve > update
used, usage, occurrence > search
what happened > log, history
double, triple, increase, twice as many > scale
grab, harvest > scrape, extract
`;

/** States, documents, automation and whatever fits nowhere else; `./thesaurus.ts` says how to read and extend it. */
export const further = `
paper, article, publication, study, arxiv
paragraph, section, passage, block
title, heading, headline
note, wiki, document, page
scientific, academic > paper, research
cite, citation, reference, related
author, who wrote, title, abstract > metadata
crawl, entire website, whole website, all pages
extract, get out of, pull out, structured data
scrape, content of a page, text of a page
agent, autonomous, by itself, on its own
status, state, progress, finished, done, health
status, state, health, condition > info, describe
ci, checks, status checks, build passed
green, red, pass, succeed, failing > status
healthy, alive, responsive, reachable, still there, still up > ping, health, status
staged, stage, staging area
uncommitted, unstaged, not added, not staged, working tree
uncommitted, modified > status
next commit > staged
alert, warning, alarm, incident
stream, kafka, event stream
manifest, yaml, spec, definition
news, headline > search
blog, post, article
pdf, word, docx, spreadsheet > file, document, parse
workflow, pipeline, ci, build
package, library, dependency, module
release, version, tag
story, epic, task > issue
advice, advise, recommend, suggest, tip, improve, optimize
sample, example, demo, test data
maintenance, downtime, repair, take down, be down, out of order
wait for each other, waiting for each other > lock
transaction > lock
hang, stuck, hanging, frozen, runaway
hang, stuck, frozen > kill, restart
lock, blocking, blocked, deadlock, in the way
documentation, manual, docs, guide, knowledge base, mean, meaning, help
size, big, large, disk space, space, storage
byte, megabyte, gigabyte, kilobyte > size
wide, width, height, pixel > resize, size
now, right now, at the moment, currently, active, running
once, one off, one time, single
several, multiple, many, bulk, batch, in one go, at once, dozen
contents, content, text, inside, what is in
available, offer, supported
kind of, type of, sort of, kinds, choice > available, list
append, at the end
regex, pattern, wildcard, ending, ending in
ip, ip address, cidr, network address
access list, firewall, whitelist, allow list
statistics, stats, metrics, usage
config, configuration, setting, environment variable, env
private network, vpc, vpn > private, network
maintenance window, service window, serviced > maintenance
sitemap, site map > map, url
argument, flag, parameter, option
time zone > profile
current, selected > context
which cluster, other cluster, another cluster > context
template, blueprint, boilerplate
job, task, background
provider, vendor, cloud, aws, azure, gcp
quota, limit
redirect, forward
rule, policy
part, piece > block, children, element
children, child, sub item, inside
similar, alike, like this, related
literature, preprint > paper
changes on a page, page changes > monitor
`;
