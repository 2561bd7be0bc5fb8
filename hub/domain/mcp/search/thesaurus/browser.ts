/** What is in a browser, and what is done there; `../thesaurus.ts` says how to read and extend it. */
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
