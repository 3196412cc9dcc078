package io.signalbox.simulator;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Arrays;

/**
 * The server under load: where it listens, and who logs in. Only loopback is accepted, because what the simulator does
 * to a server must not happen to somebody else's.
 */
record Target(InetSocketAddress http, InetSocketAddress mqtt, String user, String password) {

    static Target of(Arguments arguments) {
        return new Target(
                http(arguments.text("url")),
                address("--mqtt", arguments.text("mqtt")),
                arguments.text("user"),
                arguments.text("password"));
    }

    /** 127.0.0.{@code last}; port 0 is any free one. */
    static InetSocketAddress loopback(int last, int port) {
        return new InetSocketAddress(InetAddress.ofLiteral("127.0.0." + last), port);
    }

    static String text(InetSocketAddress address) {
        return address.getAddress().getHostAddress() + ":" + address.getPort();
    }

    private static InetSocketAddress http(String url) {
        URI uri;
        try {
            uri = URI.create(url);
        } catch (IllegalArgumentException _) {
            throw new UsageError("--url is no URL: " + url);
        }
        if (!"http".equals(uri.getScheme()) || uri.getHost() == null) {
            throw new UsageError("--url must look like http://127.0.0.1:8080, not " + url);
        }
        return address("--url", uri.getHost() + ":" + (uri.getPort() < 0 ? 80 : uri.getPort()));
    }

    private static InetSocketAddress address(String option, String text) {
        int colon = text.lastIndexOf(':');
        try {
            InetAddress[] hosts = InetAddress.getAllByName(text.substring(0, Math.max(0, colon)));
            int port = Integer.parseInt(text.substring(colon + 1));
            if (colon <= 0 || port < 1 || port > 65535) {
                throw new UsageError(option + " must be HOST:PORT, not " + text);
            }
            if (!Arrays.stream(hosts).allMatch(InetAddress::isLoopbackAddress)) {
                throw new UsageError(option + ": " + text + " is not this machine; load goes to loopback only");
            }
            return new InetSocketAddress(hosts[0], port);
        } catch (NumberFormatException _) {
            throw new UsageError(option + " must be HOST:PORT, not " + text);
        } catch (UnknownHostException _) {
            throw new UsageError(option + ": unknown host in " + text);
        }
    }
}
