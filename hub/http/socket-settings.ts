// Imported before the socket layer, which reads this once, when it is loaded: its own 4 KiB are short for a token and a proxy's headers.
process.env.UWS_HTTP_MAX_HEADERS_SIZE ??= String(16 * 1024);
