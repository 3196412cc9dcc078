package io.signalbox.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * One key that can be set, in the file as {@link #name} and in the environment as {@link #variable}.
 *
 * @param fallback the text that counts when nobody sets the key
 * @param about    for the help
 */
record Setting<T>(String name, Form<T> form, String fallback, String about) {
    static final String VARIABLE_PREFIX = "SIGNALBOX_";

    /** Stands behind the keys of ports on which nothing listens yet, so that a file can name them already. */
    private static final String LATER = " (known, not served yet)";

    private static final Duration MS = Duration.ofMillis(1);
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration HOUR = Duration.ofHours(1);
    private static final Duration DAY = Duration.ofDays(1);
    private static final int MILLION = 1_000_000;

    private static final List<Setting<?>> known = new ArrayList<>();

    /** All of them, in the order of the help. */
    static final List<Setting<?>> ALL = Collections.unmodifiableList(known);

    static final Setting<Boolean> DEMO =
            add("demo", Form.flag(), "false", "well-known accounts and devices to try things with, as --demo does");
    static final Setting<Boolean> DEMO_BEYOND_LOOPBACK =
            add("demo-beyond-loopback", Form.flag(), "false", "serve demo data to other machines, too");
    static final Setting<String> BIND =
            add("bind", Form.address(), "0.0.0.0", "where all ports listen; 127.0.0.1 with demo");
    static final Setting<Path> DATA_DIR = add("data-dir", Form.folder(), "./data", "everything that is stored");
    static final Setting<Optional<PostgresUrl>> STORE =
            add("store", Form.store(), "sqlite", "files in data-dir, or a PostgreSQL database, 13 or newer");
    static final Setting<Optional<String>> BASE_URL =
            add("base-url", Form.url(), "", "how others reach this server, for links it hands out");
    static final Setting<Duration> SHUTDOWN_TIMEOUT =
            add("shutdown-timeout", Form.time(SECOND, HOUR), "5s", "the longest that a stop may take");
    static final Setting<Integer> EVENT_LOOPS = add(
            "event-loops",
            Form.whole(0, 256, "threads"),
            "0",
            "that carry connections and commands; 0: one less than there are processors, so that stores keep one");
    static final Setting<NetworkIo> NETWORK_IO = add(
            "network-io",
            Form.choice(List.of(NetworkIo.values())),
            NetworkIo.AUTO.name(),
            "how sockets are read and written; AUTO: the first of IO_URING, EPOLL and NIO that the machine allows");

    static final Setting<Integer> HTTP_PORT = add("http-port", Form.port(true), "8080", "REST and the HTTP device API");
    static final Setting<Optional<Integer>> HTTPS_PORT =
            add("https-port", Form.portIfAny(), "", "the same as http-port, over TLS");
    static final Setting<Optional<Path>> HTTPS_CERTIFICATE = add(
            "https-certificate",
            Form.file(),
            "",
            "of https-port: PEM, or PKCS#12 (.p12, .pfx); it may be replaced while the server runs");
    static final Setting<Optional<Path>> HTTPS_KEY =
            add("https-key", Form.file(), "", "of https-certificate, in PEM, when it is in a file of its own");
    static final Setting<String> HTTPS_PASSWORD =
            add("https-password", Form.secret(), "", "of https-certificate, when it is PKCS#12");
    static final Setting<Integer> MQTT_PORT = add("mqtt-port", Form.port(true), "1883", "MQTT");

    static {
        add("mqtts-port", Form.port(true), "8883", "MQTT over TLS" + LATER);
        add("coap-port", Form.port(true), "5683", "CoAP" + LATER);
        add("coaps-port", Form.port(true), "5684", "CoAP over DTLS" + LATER);
        add("lwm2m-port", Form.port(true), "5685", "LwM2M" + LATER);
        add("lwm2ms-port", Form.port(true), "5686", "LwM2M over DTLS" + LATER);
        add("lwm2m-bootstrap-port", Form.port(true), "5687", "LwM2M bootstrap" + LATER);
        add("lwm2ms-bootstrap-port", Form.port(true), "5688", "LwM2M bootstrap over DTLS" + LATER);
    }

    static final Setting<Long> HTTP_BODY_BYTES_MAX =
            add("http-body-bytes-max", Form.size(1 << 10, 1 << 30), "16777216", "longest body of a request");
    static final Setting<Long> HTTP_HEADER_BYTES_MAX =
            add("http-header-bytes-max", Form.size(1 << 10, 1 << 20), "16384", "all headers of a request together");
    static final Setting<Duration> HTTP_REQUEST_TIMEOUT = add(
            "http-request-timeout", Form.time(MS, HOUR), "30s", "from the connection to the head of its first request");
    static final Setting<Duration> HTTP_POLL_TIMEOUT =
            add("http-poll-timeout", Form.time(SECOND, DAY), "60s", "how long a device's poll waits, unless it says");

    static final Setting<Long> MQTT_PACKET_BYTES_MAX =
            add("mqtt-packet-bytes-max", Form.size(1 << 8, 256 << 20), "65536", "longest packet of a device");
    static final Setting<Duration> MQTT_CONNECT_TIMEOUT =
            add("mqtt-connect-timeout", Form.time(MS, HOUR), "10s", "from the connection to its CONNECT");
    static final Setting<Duration> MQTT_ACK_TIMEOUT =
            add("mqtt-ack-timeout", Form.time(MS, HOUR), "10s", "from PUBLISH to the device's PUBACK");
    static final Setting<Integer> MQTT_INFLIGHT_MAX = add(
            "mqtt-inflight-max", Form.whole(1, 65_535, "messages"), "100", "of one device that wait for their commit");
    static final Setting<Integer> MQTT_CONNECTIONS_MAX =
            add("mqtt-connections-max", Form.whole(1, 10 * MILLION, "connections"), "100000", "of MQTT at one time");

    static final Setting<Duration> RPC_TIMEOUT_MIN =
            add("rpc-timeout-min", Form.time(MS, HOUR), "5s", "the shortest time that a command gets");
    static final Setting<Duration> RPC_TIMEOUT_DEFAULT =
            add("rpc-timeout-default", Form.time(MS, DAY), "10s", "the time of a command that names none");
    static final Setting<Integer> RPC_RETRIES_MAX = add(
            "rpc-retries-max",
            Form.whole(0, 1_000, "attempts"),
            "5",
            "to deliver a command again after mqtt-ack-timeout");
    static final Setting<SubmitStrategy> RPC_SUBMIT_STRATEGY = add(
            "rpc-submit-strategy",
            Form.choice(List.of(SubmitStrategy.values())),
            "BURST",
            "when the next command of a device goes out");
    static final Setting<Duration> RPC_RESPONSE_TIMEOUT = add(
            "rpc-response-timeout", Form.time(MS, DAY), "30s", "how long the next command waits for this one's answer");
    static final Setting<Integer> RPC_OPEN_PER_DEVICE_MAX =
            add("rpc-open-per-device-max", Form.whole(1, MILLION, "commands"), "1000", "that one device may have open");
    static final Setting<Integer> RPC_WAITERS_MAX = add(
            "rpc-waiters-max", Form.whole(1, 10 * MILLION, "callers"), "20000", "that wait for answers at one time");

    static final Setting<Long> RPC_PARAMS_BYTES_MAX =
            add("rpc-params-bytes-max", Form.size(1 << 10, 16 << 20), "1048576", "longest params of a command");

    static final Setting<Duration> SESSION_INACTIVITY_TIMEOUT = add(
            "session-inactivity-timeout",
            Form.time(SECOND, DAY),
            "600s",
            "silence that ends an MQTT connection without keep-alive");

    static final Setting<Duration> DEVICE_INACTIVITY_TIMEOUT = add(
            "device-inactivity-timeout",
            Form.time(SECOND, Duration.ofDays(365)),
            "600s",
            "silence after which a device is inactive, unless its attribute inactivityTimeout says");

    static final Setting<Duration> ACCESS_TOKEN_LIFETIME = add(
            "access-token-lifetime", Form.time(SECOND, Duration.ofDays(365)), "9000s", "how long a login is good for");
    static final Setting<Duration> REFRESH_TOKEN_LIFETIME = add(
            "refresh-token-lifetime",
            Form.time(SECOND, Duration.ofDays(3_650)),
            "604800s",
            "how long it can be renewed");

    static final Setting<Boolean> USER_TOKEN_ACCESS =
            add("user-token-access", Form.flag(), "true", "administrators may act as the users below them");
    static final Setting<Integer> API_KEYS_MAX =
            add("api-keys-max", Form.whole(0, MILLION, "keys"), "100000", "of all users together, kept in memory");
    static final Setting<RateLimit> LOGIN_FAILURES_PER_ADDRESS = add(
            "login-failures-per-address",
            Form.rate(),
            "200:60",
            "failed logins, and other guesses, that one address may make");
    static final Setting<RateLimit> LOGIN_FAILURES_PER_ACCOUNT = add(
            "login-failures-per-account",
            Form.rate(),
            "120:60,1200:3600",
            "failed logins that one account may have before it has to wait");
    static final Setting<RateLimit> CLAIM_FAILURES = add(
            "claim-failures",
            Form.rate(),
            "10:60,100:3600",
            "wrong secrets that one user may give for devices, and that may be given for one device");
    static final Setting<RateLimit> REST_RATE_PER_ADDRESS =
            add("rest-rate-per-address", Form.rate(), "", "calls of the REST API that one address may make");
    static final Setting<RateLimit> REST_RATE_PER_USER =
            add("rest-rate-per-user", Form.rate(), "", "calls of the REST API that one user may make");
    static final Setting<RateLimit> REST_RATE_PER_CUSTOMER = add(
            "rest-rate-per-customer",
            Form.rate(),
            "",
            "calls of the REST API that the users of one customer may make together");
    static final Setting<RateLimit> REST_RATE_PER_TENANT = add(
            "rest-rate-per-tenant",
            Form.rate(),
            "",
            "calls of the REST API that the users of one tenant may make together");

    static final Setting<Duration> POINTS_MOVE_INTERVAL = add(
            "points-move-interval",
            Form.time(Duration.ofMillis(10), HOUR),
            "5s",
            "how often points go from the journal into their table");
    static final Setting<Long> POINTS_TAIL_BYTES_MAX =
            add("points-tail-bytes-max", Form.size(1 << 20, 16L << 30), "64MiB", "points in memory, not moved yet");
    static final Setting<Integer> POINTS_QUEUE_MAX = add(
            "points-queue-max",
            Form.whole(1, 10 * MILLION, "messages"),
            "20000",
            "of telemetry that wait for their commit");
    static final Setting<Integer> CORE_QUEUE_MAX = add(
            "core-queue-max", Form.whole(1, 10 * MILLION, "writes"), "10000", "of all else that wait for their commit");
    static final Setting<Integer> DEVICE_DIRECTORY_MAX =
            add("device-directory-max", Form.whole(1, 10 * MILLION, "devices"), "100000", "kept in memory");

    static final Setting<Integer> EVENT_DAYS = add(
            "event-days",
            Form.whole(1, 36_500, "days"),
            "7",
            "until an event, such as an error of a device, is removed");

    static final Setting<AuditRpc> AUDIT_RPC = add(
            "audit-rpc",
            Form.choice(List.of(AuditRpc.values())),
            AuditRpc.ALL.name(),
            "which commands of users are written into the audit log");
    static final Setting<AuditChanges> AUDIT_CHANGES = add(
            "audit-changes",
            Form.choice(List.of(AuditChanges.values())),
            AuditChanges.W.name(),
            "which other calls of users are written into the audit log: none, changes, or also who read credentials and attributes");
    static final Setting<Set<String>> AUDIT_MASK = add(
            "audit-mask",
            Form.names(),
            "",
            "members of params and responses that the audit log shows as ***, at any depth, as in password,pin");
    static final Setting<Integer> AUDIT_TEXT_CHARS_MAX = add(
            "audit-text-chars-max",
            Form.whole(10, 100_000, "characters"),
            "2000",
            "of a command's params and response that the audit log keeps");
    static final Setting<Integer> AUDIT_DAYS =
            add("audit-days", Form.whole(1, 36_500, "days"), "30", "until an entry of the audit log is removed");
    static final Setting<Long> AUDIT_ENTRIES_MAX = add(
            "audit-entries-max",
            Form.count(1_000, 1_000_000_000_000L, "entries"),
            "100000000",
            "that the audit log keeps; then the oldest are removed before their time");
    static final Setting<Long> AUDIT_QUEUE_BYTES_MAX = add(
            "audit-queue-bytes-max",
            Form.size(1 << 10, 1 << 30),
            "16MiB",
            "memory for commands that are not in the audit log yet; beyond it, they are counted only");

    private static <T> Setting<T> add(String name, Form<T> form, String fallback, String about) {
        Setting<T> setting = new Setting<>(name, form, fallback, about);
        known.add(setting);
        return setting;
    }

    /** The name in the environment: {@code mqtt-port} is {@code SIGNALBOX_MQTT_PORT}. */
    String variable() {
        return VARIABLE_PREFIX + name.toUpperCase(Locale.ROOT).replace('-', '_');
    }

    static Optional<Setting<?>> named(String name) {
        for (Setting<?> setting : ALL) {
            if (setting.name.equals(name)) {
                return Optional.of(setting);
            }
        }
        return Optional.empty();
    }

    static Optional<Setting<?>> ofVariable(String variable) {
        Optional<Setting<?>> setting = named(nameOf(variable));
        return setting.filter(found -> found.variable().equals(variable)); // not SIGNALBOX_mqtt-port
    }

    /** The reverse of {@link #variable}, also for what is no key. */
    static String nameOf(String variable) {
        return variable.substring(VARIABLE_PREFIX.length())
                .toLowerCase(Locale.ROOT)
                .replace('_', '-');
    }

    /** The known key that takes the fewest changes of letters. */
    static Setting<?> nearest(String name) {
        return Collections.min(ALL, Comparator.comparingInt(setting -> distance(setting.name, name)));
    }

    /** How many letters have to be put in, taken out or replaced (Levenshtein). */
    private static int distance(String one, String other) {
        int[] row = new int[other.length() + 1];
        for (int i = 0; i <= one.length(); i++) {
            int diagonal = 0;
            for (int j = 0; j <= other.length(); j++) {
                int above = row[j];
                if (i == 0 || j == 0) {
                    row[j] = i + j;
                } else {
                    int replaced = diagonal + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
                    row[j] = Math.min(replaced, Math.min(above, row[j - 1]) + 1);
                }
                diagonal = above;
            }
        }
        return row[other.length()];
    }
}
