/** What people want to have done, or to know; `../thesaurus.ts` says how to read and extend it. */
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
