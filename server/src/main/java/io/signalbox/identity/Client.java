package io.signalbox.identity;

/**
 * From where somebody calls, as far as the request says.
 *
 * @param address IP address; empty text when it is not known
 * @param browser like {@code Chrome 126}; {@code Other} when it is not known, as are {@code os} and {@code device}
 */
public record Client(String address, String browser, String os, String device) {}
