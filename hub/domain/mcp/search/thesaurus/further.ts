/** States, documents, automation and whatever fits nowhere else; `../thesaurus.ts` says how to read and extend it. */
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
