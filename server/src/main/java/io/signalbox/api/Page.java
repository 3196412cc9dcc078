package io.signalbox.api;

/** An answer of the server's own pages outside the API, such as health and metrics. */
public record Page(int status, String contentType, String body) {}
