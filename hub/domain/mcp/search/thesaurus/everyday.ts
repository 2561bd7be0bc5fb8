/** Places, mail, appointments, things at home; `../thesaurus.ts` says how to read and extend it. */
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
archive, zip, compress, tar
print, printer
volume, loud, mute
play, music, song
`;
