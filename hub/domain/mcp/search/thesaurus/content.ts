/** Code, files, pages, people and what they write to each other; `../thesaurus.ts` says how to read and extend it. */
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
