package io.signalbox.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StartTest {
    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    Path dir;

    @Test
    void withoutAnythingTheDefaultsCount() {
        Config config = run(Map.of());
        assertThat(config.server().bind()).isEqualTo("0.0.0.0");
        assertThat(config.server().demo()).isFalse();
        assertThat(config.server().dataDir()).isEqualTo(Path.of("./data"));
        assertThat(config.server().baseUrl()).isEmpty();
        assertThat(config.http().port()).isEqualTo(8080);
        assertThat(config.http().bodyBytesMax()).isEqualTo(16 << 20);
        assertThat(config.mqtt().port()).isEqualTo(1883);
        assertThat(config.mqtt().packetBytesMax()).isEqualTo(65_536);
        assertThat(config.rpc().timeoutMin()).isEqualTo(Duration.ofSeconds(5));
        assertThat(config.rpc().timeoutDefault()).isEqualTo(Duration.ofSeconds(10));
        assertThat(config.rpc().submitStrategy()).isEqualTo(SubmitStrategy.BURST);
        assertThat(config.tokens().accessLifetime()).isEqualTo(Duration.ofMinutes(150));
        assertThat(config.store().pointsTailBytesMax()).isEqualTo(64L << 20);
    }

    @Test
    void everyDefaultIsAValueOfItsForm() {
        for (Setting<?> setting : Setting.ALL) {
            assertThat(setting.form().accepts(setting.fallback()))
                    .as(setting.name())
                    .isTrue();
        }
    }

    @Test
    void theEnvironmentWinsOverTheFile() throws IOException {
        file("""
                # ports
                mqtt-port: 1884
                http-port: "8081"
                rpc-timeout-min: 500ms
                points-tail-bytes-max: 1GiB
                base-url: https://iot.example.org/
                """);
        Config config = run(Map.of("SIGNALBOX_MQTT_PORT", "0", "SIGNALBOX_JAVA_OPTS", "-Xmx1g", "PATH", "/bin"));
        assertThat(config.mqtt().port()).isZero();
        assertThat(config.http().port()).isEqualTo(8081);
        assertThat(config.rpc().timeoutMin()).isEqualTo(Duration.ofMillis(500));
        assertThat(config.store().pointsTailBytesMax()).isEqualTo(1L << 30);
        assertThat(config.server().baseUrl()).contains("https://iot.example.org");
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " -> ",
            value = {
                "mqtt-prot: 1 -> signalbox.yml:2: mqtt-prot: unknown key; the nearest known is mqtt-port",
                "mqtt-port: 70000 -> signalbox.yml:2: mqtt-port: \"70000\" is not a port, 0 to 65535 (0: a free one)",
                "mqtt-port: -1 -> signalbox.yml:2: mqtt-port: \"-1\" is not a port, 0 to 65535 (0: a free one)",
                "mqtt-port: no -> signalbox.yml:2: mqtt-port: \"no\" is not a port, 0 to 65535 (0: a free one)",
                "mqtt-port: -> signalbox.yml:2: mqtt-port: has no value",
                "mqtt-port: [1] -> signalbox.yml:2: mqtt-port: must have a single value; keys are flat, as in mqtt-port: 1883",
                "mqtt: {port: 1} -> signalbox.yml:2: mqtt: must have a single value; keys are flat, as in mqtt-port: 1883",
                "demo: yes -> signalbox.yml:2: demo: \"yes\" is not true or false",
                "bind: example.org -> signalbox.yml:2: bind: \"example.org\" is not an IP address, or localhost",
                "base-url: ftp://x -> signalbox.yml:2: base-url: \"ftp://x\" is not an http or https URL, or nothing",
                "rpc-timeout-min: 5 s s -> signalbox.yml:2: rpc-timeout-min: \"5 s s\" is not a time (ms, s, m, h, d), 1ms to 1h",
                "rpc-timeout-min: 2h -> signalbox.yml:2: rpc-timeout-min: \"2h\" is not a time (ms, s, m, h, d), 1ms to 1h",
                "rpc-retries-max: 1.5 -> signalbox.yml:2: rpc-retries-max: \"1.5\" is not a number of attempts, 0 to 1000",
                "rpc-timeout-default: 1s -> signalbox.yml:2: rpc-timeout-default: \"1s\" is less than rpc-timeout-min, 5s",
                "points-tail-bytes-max: 64MB -> signalbox.yml:2: points-tail-bytes-max: \"64MB\" is not a size (B, KiB, MiB, GiB), 1MiB to 16GiB",
                "points-tail-bytes-max: 99999999999GiB -> signalbox.yml:2: points-tail-bytes-max: \"99999999999GiB\" is not a size (B, KiB, MiB, GiB), 1MiB to 16GiB",
                "rpc-submit-strategy: burst -> signalbox.yml:2: rpc-submit-strategy: \"burst\" is not one of BURST, SEQUENTIAL_ON_ACK_FROM_DEVICE, SEQUENTIAL_ON_RESPONSE_FROM_DEVICE",
                "http-port: 1883 -> default: mqtt-port: 1883 is http-port, too",
                "data-dir: x -> signalbox.yml:2: data-dir: stands at signalbox.yml:1 already",
            })
    void aWrongLineStopsTheStartAndIsNamed(String line, String message) throws IOException {
        file("data-dir: d\n" + line + "\n");
        assertThat(start(Map.of())).isEqualTo(new Start.Refused(message + "\n"));
    }

    @Test
    void whatIsNoYamlIsNamedInOneLine() throws IOException {
        for (String bad : new String[] {
            "a: b: c", "- x", "mqtt-port: 'x", "\tx: 1", "mqtt-port: 1\n---\nx: 2", "&a *a", "? [a]\n: b"
        }) {
            file(bad);
            assertThat(start(Map.of()))
                    .as(bad)
                    .isInstanceOfSatisfying(
                            Start.Refused.class,
                            refused -> assertThat(refused.text())
                                    .startsWith("signalbox.yml")
                                    .hasLineCount(1));
        }
    }

    @Test
    void anEmptyFileIsFine() throws IOException {
        for (String empty : new String[] {"", "# nothing\n", "---\n"}) {
            file(empty);
            assertThat(start(Map.of())).as(empty).isInstanceOf(Start.Run.class);
        }
    }

    @Test
    void aWrongVariableStopsTheStartAndIsNamed() {
        assertThat(start(Map.of("SIGNALBOX_MQT_PORT", "secret")))
                .isEqualTo(new Start.Refused(
                        "SIGNALBOX_MQT_PORT: unknown variable; the nearest known is SIGNALBOX_MQTT_PORT\n"));
        assertThat(start(Map.of("SIGNALBOX_mqtt-port", "1"))).isInstanceOf(Start.Refused.class);
        assertThat(start(Map.of("SIGNALBOX_", "1"))).isInstanceOf(Start.Refused.class);
        assertThat(start(Map.of("SIGNALBOX_HTTP_PORT", "")))
                .isEqualTo(new Start.Refused("SIGNALBOX_HTTP_PORT: \"\" is not a port, 0 to 65535 (0: a free one)\n"));
    }

    @Test
    void allThatIsWrongIsSaidAtOnce() throws IOException {
        file("mqtt-port: x\nfoo: 1\n");
        assertThat(start(Map.of("SIGNALBOX_HTTP_PORT", "y")))
                .isInstanceOfSatisfying(
                        Start.Refused.class,
                        refused -> assertThat(refused.text()).hasLineCount(3));
    }

    @Test
    void demoStaysOnThisMachine() throws IOException {
        Config config = run(Map.of(), "--demo");
        assertThat(config.server().demo()).isTrue();
        assertThat(config.server().bind()).isEqualTo("127.0.0.1");
        assertThat(config.server().isLoopback()).isTrue();
        assertThat(run(Map.of("SIGNALBOX_DEMO_BEYOND_LOOPBACK", "true"), "--demo")
                        .server()
                        .bind())
                .isEqualTo("0.0.0.0");
        assertThat(run(Map.of("SIGNALBOX_BIND", "::1"), "--demo").server().bind())
                .isEqualTo("::1");
        assertThat(start(Map.of("SIGNALBOX_BIND", "0.0.0.0"), "--demo")).isInstanceOf(Start.Refused.class);
        file("demo: true\n");
        assertThat(run(Map.of()).server().bind()).isEqualTo("127.0.0.1");
    }

    @Test
    void aBackupIsOfWhatTheSettingsName() {
        assertThat(start(Map.of("SIGNALBOX_DATA_DIR", "/somewhere"), "backup", "copy"))
                .isInstanceOfSatisfying(Start.Backup.class, backup -> {
                    assertThat(backup.config().server().dataDir()).isEqualTo(Path.of("/somewhere"));
                    assertThat(backup.into().getFileName()).isEqualTo(Path.of("copy"));
                });
    }

    @Test
    void argumentsAreChecked() {
        assertThat(start(Map.of(), "backup")).isInstanceOf(Start.Refused.class);
        assertThat(start(Map.of(), "--demo", "backup", "copy")).isInstanceOf(Start.Refused.class);
        assertThat(start(Map.of(), "--foo")).isInstanceOf(Start.Refused.class);
        assertThat(start(Map.of(), "--config")).isInstanceOf(Start.Refused.class);
        assertThat(start(Map.of(), "--config", "missing.yml"))
                .isInstanceOfSatisfying(
                        Start.Refused.class,
                        refused -> assertThat(refused.text()).contains("missing.yml: cannot be read"));
    }

    @Test
    void anotherFileCanBeNamed() throws IOException {
        Files.writeString(dir.resolve("other.yml"), "mqtt-port: 9\n");
        file("mqtt-port: 8\n");
        assertThat(run(Map.of(), "--config", "other.yml").mqtt().port()).isEqualTo(9);
        assertThat(run(Map.of(), "--config=" + dir.resolve("other.yml")).mqtt().port())
                .isEqualTo(9);
    }

    @Test
    void helpShowsEveryKey() {
        assertThat(start(Map.of(), "--help")).isInstanceOfSatisfying(Start.Print.class, print -> {
            for (Setting<?> setting : Setting.ALL) {
                assertThat(print.text()).contains("  " + setting.name() + " [" + setting.fallback() + "]");
            }
        });
    }

    @Test
    void printedSettingsSayWhereTheyComeFromAndCanBeUsedAsAFile() throws IOException {
        file("http-port: 1\n");
        Start printed = start(Map.of("SIGNALBOX_MQTT_PORT", "2"), "--demo", "--print-config");
        assertThat(printed).isInstanceOfSatisfying(Start.Print.class, print -> {
            assertThat(print.text())
                    .contains("http-port: 1  # signalbox.yml:1\n")
                    .contains("mqtt-port: 2  # SIGNALBOX_MQTT_PORT\n")
                    .contains("demo: true  # --demo\n")
                    .contains("bind: 127.0.0.1  # demo\n")
                    .contains("base-url: ''  # default\n")
                    .hasLineCount(Setting.ALL.size());
        });
        Files.writeString(dir.resolve("again.yml"), ((Start.Print) printed).text());
        assertThat(run(Map.of(), "--config", "again.yml")).isEqualTo(run(Map.of("SIGNALBOX_MQTT_PORT", "2"), "--demo"));
    }

    private Config run(Map<String, String> environment, String... args) {
        Start start = start(environment, args);
        assertThat(start).isInstanceOf(Start.Run.class);
        return ((Start.Run) start).config();
    }

    private Start start(Map<String, String> environment, String... args) {
        return Start.of(args, environment, dir);
    }

    private void file(String text) throws IOException {
        Files.writeString(dir.resolve("signalbox.yml"), text);
    }
}
