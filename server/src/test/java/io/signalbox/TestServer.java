package io.signalbox;

import io.signalbox.config.Config;
import io.signalbox.config.Start;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A whole server in a folder of its own, on free ports, for the tests of one class:
 * {@code @RegisterExtension static final TestServer server = TestServer.with("rpc-timeout-min=50ms")}. Settings are those of
 * the settings file.
 */
final class TestServer implements BeforeAllCallback, AfterAllCallback {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final AtomicInteger tokens = new AtomicInteger();

    private final Map<String, String> environment = new HashMap<>();
    private @Nullable Path folder;
    private @Nullable Server server;
    private Server.@Nullable Started started;
    private @Nullable Rest tenant;

    private TestServer() {}

    /** With demo accounts. */
    static TestServer with(String... settings) {
        TestServer server = empty(settings);
        server.environment.put("SIGNALBOX_DEMO", "true");
        return server;
    }

    /** Without demo accounts. */
    static TestServer empty(String... settings) {
        TestServer server = new TestServer();
        server.set("http-port=0", "mqtt-port=0", "bind=127.0.0.1");
        server.set(settings);
        return server;
    }

    /** Changes settings; they count from the next start. */
    void set(String... settings) {
        for (String setting : settings) {
            int equals = setting.indexOf('=');
            environment.put(
                    "SIGNALBOX_"
                            + setting.substring(0, equals)
                                    .toUpperCase(java.util.Locale.ROOT)
                                    .replace('-', '_'),
                    setting.substring(equals + 1));
        }
    }

    /** A device of the demo tenant. */
    record TestDevice(String id, String token) {}

    @Override
    public void beforeAll(ExtensionContext context) throws Exception {
        start();
    }

    @Override
    public void afterAll(ExtensionContext context) throws Exception {
        close();
    }

    void start() throws Server.CannotStart {
        try {
            if (folder == null) {
                folder = Files.createTempDirectory("signalbox-test");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Server opened = Server.open(config(), InstantSource.system());
        started = opened.start();
        server = opened;
        tenant = null;
    }

    Config config() {
        return config(folder());
    }

    /** @param standard where data and settings are, unless settings say so */
    Config config(Path standard) {
        Map<String, String> all = new HashMap<>(environment);
        all.putIfAbsent("SIGNALBOX_DATA_DIR", standard.toString());
        return switch (Start.of(new String[0], all, standard)) {
            case Start.Run(Config config) -> config;
            case Start.Backup _ -> throw new AssertionError("no backup was asked for");
            case Start.Print(String text) -> throw new AssertionError(text);
            case Start.Refused(String text) -> throw new AssertionError(text);
        };
    }

    void stop() {
        if (server != null) {
            server.stop();
            server = null;
        }
    }

    /** Stops, and starts on the same data. */
    void restart() throws Server.CannotStart {
        stop();
        start();
    }

    void close() throws IOException {
        stop();
        if (folder != null) {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    Path folder() {
        if (folder == null) {
            throw new IllegalStateException("not started yet");
        }
        return folder;
    }

    /** What the last {@link #start} made. */
    Optional<String> administratorPassword() {
        if (server == null) {
            throw new IllegalStateException("not started");
        }
        return server.administratorPassword();
    }

    Server.Started started() {
        if (started == null) {
            throw new IllegalStateException("not started yet");
        }
        return started;
    }

    int httpPort() {
        return started().httpPort();
    }

    Optional<Integer> httpsPort() {
        return started().httpsPort();
    }

    int mqttPort() {
        return started().mqttPort();
    }

    // ------------------------------------------------------------------------------------------------ callers and
    // devices

    /** Calls of nobody. */
    Rest anybody() {
        return new Rest(httpPort(), "");
    }

    Rest login(String user, String password) {
        Rest.Answer answer =
                anybody().post("/api/auth/login", "{\"username\":\"" + user + "\",\"password\":\"" + password + "\"}");
        if (answer.status() != 200) {
            throw new AssertionError(answer);
        }
        return new Rest(httpPort(), answer.text("/token"));
    }

    /** Calls of the demo tenant's administrator. */
    Rest tenant() {
        if (tenant == null) {
            tenant = login("tenant@thingsboard.org", "tenant");
        }
        return tenant;
    }

    Rest systemAdministrator() {
        return login("sysadmin@thingsboard.org", "sysadmin");
    }

    Rest customer() {
        return login("customer@thingsboard.org", "customer");
    }

    /** A new device of the demo tenant. */
    TestDevice device() {
        return device(tenant());
    }

    TestDevice device(Rest owner) {
        String token = "token-" + tokens.incrementAndGet();
        Rest.Answer answer = owner.post("/api/device?accessToken=" + token, "{\"name\":\"device of " + token + "\"}");
        if (answer.status() != 200) {
            throw new AssertionError(answer);
        }
        return new TestDevice(answer.text("/id/id"), token);
    }

    /** The administrator of a new tenant. */
    Rest otherTenant() {
        Rest system = systemAdministrator();
        int number = tokens.incrementAndGet();
        String tenantId = system.post("/api/tenant", "{\"title\":\"Other " + number + "\"}")
                .text("/id/id");
        String email = "admin" + number + "@example.org";
        String userId = system.post("/api/user?sendActivationMail=false", """
                        {"email":"%s","authority":"TENANT_ADMIN","tenantId":{"entityType":"TENANT","id":"%s"}}
                        """.formatted(email, tenantId))
                .text("/id/id");
        String link = system.get("/api/user/" + userId + "/activationLink").body();
        String token = link.substring(link.indexOf('=') + 1);
        Rest.Answer activated = anybody()
                .post("/api/noauth/activate", "{\"activateToken\":\"" + token + "\",\"password\":\"secret-enough\"}");
        return new Rest(httpPort(), activated.text("/token"));
    }

    /** A connected device that speaks MQTT 3.1.1. */
    RawMqtt mqtt(TestDevice device) {
        return RawMqtt.connected(mqttPort(), RawMqtt.V311, device.token());
    }

    /** A connected device that speaks MQTT 5. */
    RawMqtt mqtt5(TestDevice device) {
        return RawMqtt.connected(mqttPort(), RawMqtt.V5, device.token());
    }

    // ------------------------------------------------------------------------------------------------ waiting

    /** A value on the metrics page. */
    double metric(String name) {
        for (String line : anybody().get("/metrics").body().split("\n", -1)) {
            if (line.startsWith(name + " ")) {
                return Double.parseDouble(line.substring(name.length() + 1));
            }
        }
        throw new AssertionError("no metric " + name);
    }

    /** Returns once the metric has the value. */
    void awaitMetric(String name, double value) {
        await(name + " is " + value, () -> metric(name) == value);
    }

    /** Returns once it is so; looks again and again, since nothing outside tells when. */
    static void await(String what, BooleanSupplier isSo) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!isSo.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("never came: " + what);
            }
            LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
        }
    }
}
