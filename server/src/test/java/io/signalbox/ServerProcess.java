package io.signalbox;

import io.signalbox.TestServer.TestDevice;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A server with demo data as a process of its own: it can be killed, and what lies beneath it can be faulty. */
final class ServerProcess implements AutoCloseable {
    private static final Pattern LISTENING = Pattern.compile("listening http=(\\d+) mqtt=(\\d+)");

    private final Process process;
    private final Path log;
    private final int httpPort;
    private final Rest tenant;
    private int devices;

    /** Returns once it listens. */
    ServerProcess(Path data, Path log, Map<String, String> environment) throws IOException {
        this.log = log;
        ProcessBuilder builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-Xmx128m",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        "io.signalbox.Main")
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        Map<String, String> all = builder.environment();
        all.putAll(Map.of(
                "SIGNALBOX_DEMO", "true",
                "SIGNALBOX_BIND", "127.0.0.1",
                "SIGNALBOX_HTTP_PORT", "0",
                "SIGNALBOX_MQTT_PORT", "0",
                "SIGNALBOX_DATA_DIR", data.toString()));
        all.putAll(environment);
        process = builder.start();
        try {
            TestServer.await("a server that listens", () -> {
                if (!process.isAlive()) {
                    throw new AssertionError(text());
                }
                return LISTENING.matcher(text()).find();
            });
            Matcher ports = LISTENING.matcher(text());
            if (!ports.find()) {
                throw new AssertionError(text());
            }
            httpPort = Integer.parseInt(ports.group(1));
            tenant = login();
        } catch (AssertionError e) {
            process.destroyForcibly();
            throw e;
        }
    }

    private Rest login() {
        Rest.Answer answer =
                anybody().post("/api/auth/login", "{\"username\":\"tenant@thingsboard.org\",\"password\":\"tenant\"}");
        if (answer.status() != 200) {
            throw new AssertionError(answer + text());
        }
        return new Rest(httpPort, answer.text("/token"));
    }

    private String text() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Lines of the log so far. */
    List<String> lines(String level) {
        return text().lines().filter(line -> line.contains(" " + level + " ")).toList();
    }

    Rest anybody() {
        return new Rest(httpPort, "");
    }

    Rest tenant() {
        return tenant;
    }

    /** A new device of the demo tenant. */
    TestDevice device() {
        String token = "faulty-" + ++devices;
        Rest.Answer answer = tenant.post("/api/device?accessToken=" + token, "{\"name\":\"" + token + "\"}");
        if (answer.status() != 200) {
            throw new AssertionError(answer);
        }
        return new TestDevice(answer.text("/id/id"), token);
    }

    Rest.Answer ready() {
        return anybody().get("/health/ready");
    }

    /** Ends it orderly. */
    void stop() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(20, TimeUnit.SECONDS)) {
            throw new AssertionError("does not end: " + text());
        }
    }

    /** Ends it at once, as a crash would. */
    @Override
    public void close() {
        process.destroyForcibly();
        process.onExit().orTimeout(20, TimeUnit.SECONDS).join();
    }
}
