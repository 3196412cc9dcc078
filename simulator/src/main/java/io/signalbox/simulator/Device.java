package io.signalbox.simulator;

/**
 * A device that exists on the server.
 *
 * @param token its access token, the user name in CONNECT
 * @param id UUID in REST paths
 */
record Device(String token, String id) {}
