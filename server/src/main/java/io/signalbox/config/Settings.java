package io.signalbox.config;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The settings that were given, collected from the strongest source to the weakest. */
final class Settings {
    /** Belongs to the start script. */
    private static final String JAVA_OPTS = "SIGNALBOX_JAVA_OPTS";

    private record Given(String text, String where) {}

    private final Map<String, Given> given =
            new HashMap<>(); // by name: to hash a record, the JDK builds method handles first
    private final List<String> problems = new ArrayList<>();

    void set(Setting<?> setting, String text, String where) {
        given.putIfAbsent(setting.name(), new Given(text, where));
        check(setting, text, where);
    }

    void addAll(Map<String, String> environment) {
        for (Map.Entry<String, String> variable : new TreeMap<>(environment).entrySet()) {
            String name = variable.getKey();
            if (!name.startsWith(Setting.VARIABLE_PREFIX) || name.equals(JAVA_OPTS)) {
                continue;
            }
            Optional<Setting<?>> setting = Setting.ofVariable(name);
            if (setting.isPresent()) {
                set(setting.get(), variable.getValue(), name);
            } else {
                problems.add(name + ": unknown variable; the nearest known is "
                        + Setting.nearest(Setting.nameOf(name)).variable());
            }
        }
    }

    void addAll(SettingsFile file) {
        problems.addAll(file.problems());
        Map<String, String> seen = new HashMap<>();
        for (SettingsFile.Entry entry : file.entries()) {
            Optional<Setting<?>> setting = Setting.named(entry.key());
            String first = seen.putIfAbsent(entry.key(), entry.where());
            if (setting.isEmpty()) {
                problems.add(entry.where() + ": " + entry.key() + ": unknown key; the nearest known is "
                        + Setting.nearest(entry.key()).name());
            } else if (first != null) {
                problems.add(entry.where() + ": " + entry.key() + ": stands at " + first + " already");
            } else {
                set(setting.get(), entry.text(), entry.where());
            }
        }
    }

    private void check(Setting<?> setting, String text, String where) {
        if (!setting.form().accepts(text)) {
            String source = where.equals(setting.variable()) ? where : where + ": " + setting.name();
            problems.add(source + ": \"" + shown(setting, text) + "\" is not "
                    + setting.form().expected());
        }
    }

    /** What to do, once every source was added. */
    Start decide(boolean printConfig) {
        if (problems.isEmpty()) {
            checkTogether();
        }
        if (!problems.isEmpty()) {
            return new Start.Refused(String.join("\n", problems) + "\n");
        }
        return printConfig ? new Start.Print(effective()) : new Start.Run(config());
    }

    /** What no single value can violate. */
    private void checkTogether() {
        Config config = config();
        Config.Server server = config.server();
        if (server.demo() && !server.allowsDemoData()) {
            problems.add(where(Setting.BIND) + ": bind: \"" + server.bind()
                    + "\" would show demo accounts to other machines; set demo-beyond-loopback: true if that is meant");
        }
        if (config.http().port() != 0 && config.http().port() == config.mqtt().port()) {
            problems.add(
                    where(Setting.MQTT_PORT) + ": mqtt-port: " + config.mqtt().port() + " is http-port, too");
        }
        Config.Https https = config.https();
        if (https.port().isPresent() && https.certificate().isEmpty()) {
            problems.add(where(Setting.HTTPS_PORT) + ": https-port: there is no https-certificate");
        }
        if (https.port()
                .filter(port -> port != 0 && port == config.http().port())
                .isPresent()) {
            problems.add(
                    where(Setting.HTTPS_PORT) + ": https-port: " + https.port().get() + " is http-port, too");
        }
        if (config.rpc().timeoutDefault().compareTo(config.rpc().timeoutMin()) < 0) {
            problems.add(where(Setting.RPC_TIMEOUT_DEFAULT) + ": rpc-timeout-default: \""
                    + text(Setting.RPC_TIMEOUT_DEFAULT) + "\" is less than rpc-timeout-min, "
                    + text(Setting.RPC_TIMEOUT_MIN));
        }
    }

    private Config config() {
        return new Config(
                new Config.Server(
                        value(Setting.DEMO),
                        value(Setting.DEMO_BEYOND_LOOPBACK),
                        value(Setting.BIND),
                        value(Setting.DATA_DIR),
                        value(Setting.BASE_URL),
                        value(Setting.SHUTDOWN_TIMEOUT),
                        value(Setting.EVENT_LOOPS),
                        value(Setting.NETWORK_IO)),
                new Config.Http(
                        value(Setting.HTTP_PORT),
                        Math.toIntExact(value(Setting.HTTP_BODY_BYTES_MAX)),
                        Math.toIntExact(value(Setting.HTTP_HEADER_BYTES_MAX)),
                        value(Setting.HTTP_REQUEST_TIMEOUT),
                        value(Setting.HTTP_POLL_TIMEOUT)),
                new Config.Https(
                        value(Setting.HTTPS_PORT),
                        value(Setting.HTTPS_CERTIFICATE),
                        value(Setting.HTTPS_KEY),
                        value(Setting.HTTPS_PASSWORD)),
                new Config.Mqtt(
                        value(Setting.MQTT_PORT),
                        Math.toIntExact(value(Setting.MQTT_PACKET_BYTES_MAX)),
                        value(Setting.MQTT_CONNECT_TIMEOUT),
                        value(Setting.MQTT_ACK_TIMEOUT),
                        value(Setting.MQTT_INFLIGHT_MAX),
                        value(Setting.MQTT_CONNECTIONS_MAX)),
                new Config.Rpc(
                        value(Setting.RPC_TIMEOUT_MIN),
                        value(Setting.RPC_TIMEOUT_DEFAULT),
                        value(Setting.RPC_RETRIES_MAX),
                        value(Setting.RPC_SUBMIT_STRATEGY),
                        value(Setting.RPC_RESPONSE_TIMEOUT),
                        value(Setting.RPC_OPEN_PER_DEVICE_MAX),
                        value(Setting.RPC_WAITERS_MAX),
                        Math.toIntExact(value(Setting.RPC_PARAMS_BYTES_MAX))),
                new Config.Sessions(
                        value(Setting.SESSION_INACTIVITY_TIMEOUT), value(Setting.DEVICE_INACTIVITY_TIMEOUT)),
                new Config.Tokens(value(Setting.ACCESS_TOKEN_LIFETIME), value(Setting.REFRESH_TOKEN_LIFETIME)),
                new Config.Access(
                        value(Setting.USER_TOKEN_ACCESS),
                        value(Setting.API_KEYS_MAX),
                        value(Setting.LOGIN_FAILURES_PER_ADDRESS),
                        value(Setting.LOGIN_FAILURES_PER_ACCOUNT),
                        value(Setting.CLAIM_FAILURES),
                        value(Setting.REST_RATE_PER_ADDRESS),
                        value(Setting.REST_RATE_PER_USER),
                        value(Setting.REST_RATE_PER_CUSTOMER),
                        value(Setting.REST_RATE_PER_TENANT)),
                new Config.Store(
                        value(Setting.STORE),
                        value(Setting.POINTS_MOVE_INTERVAL),
                        value(Setting.POINTS_TAIL_BYTES_MAX),
                        value(Setting.POINTS_QUEUE_MAX),
                        value(Setting.CORE_QUEUE_MAX),
                        value(Setting.DEVICE_DIRECTORY_MAX),
                        value(Setting.EVENT_DAYS)),
                new Config.Audit(
                        value(Setting.AUDIT_RPC),
                        value(Setting.AUDIT_CHANGES),
                        value(Setting.AUDIT_MASK),
                        value(Setting.AUDIT_TEXT_CHARS_MAX),
                        Duration.ofDays(value(Setting.AUDIT_DAYS)),
                        value(Setting.AUDIT_ENTRIES_MAX),
                        value(Setting.AUDIT_QUEUE_BYTES_MAX)));
    }

    private <T> T value(Setting<T> setting) {
        return setting.form().reader().apply(text(setting));
    }

    private String text(Setting<?> setting) {
        return effective(setting).text;
    }

    private String where(Setting<?> setting) {
        return effective(setting).where;
    }

    private Given effective(Setting<?> setting) {
        Given found = given.get(setting.name());
        if (found != null) {
            return found;
        }
        boolean staysHome = setting.name().equals(Setting.BIND.name())
                && value(Setting.DEMO)
                && !value(Setting.DEMO_BEYOND_LOOPBACK);
        return staysHome ? new Given("127.0.0.1", "demo") : new Given(setting.fallback(), "default");
    }

    /** A settings file with all values in force, and where each comes from. */
    private String effective() {
        StringBuilder text = new StringBuilder();
        for (Setting<?> setting : Setting.ALL) {
            Given value = effective(setting);
            text.append(setting.name())
                    .append(": ")
                    .append(yaml(shown(setting, value.text)))
                    .append("  # ")
                    .append(value.where)
                    .append('\n');
        }
        return text.toString();
    }

    /** The text without what is secret. */
    private static String shown(Setting<?> setting, String text) {
        if (setting.name().equals(Setting.STORE.name())) {
            return PostgresUrl.withoutPassword(text);
        }
        return setting.name().equals(Setting.HTTPS_PASSWORD.name()) && !text.isEmpty() ? "***" : text;
    }

    private static String yaml(String text) {
        boolean isPlain = !text.isEmpty()
                && text.chars().allMatch(c -> Character.isLetterOrDigit(c) || "_./-".indexOf(c) >= 0)
                && text.charAt(0) != '-';
        return isPlain ? text : "'" + text.replace("'", "''") + "'";
    }

    static String help() {
        StringBuilder text = new StringBuilder("""
                Usage: ./run [backup FOLDER] [--demo] [--config FILE] [--print-config] [--help]

                  backup FOLDER   copy the data into a new folder, while the server runs or not, and end
                  --demo          well-known accounts and devices; listens on this machine only
                  --config FILE   settings, instead of signalbox.yml in the working directory
                  --print-config  print the settings in force, and where each comes from
                  --help          print this text

                Settings stand in the file as "mqtt-port: 1883", or in the environment as SIGNALBOX_MQTT_PORT=1883,
                which wins. Times without a unit are milliseconds, sizes bytes.

                """);
        for (Setting<?> setting : Setting.ALL) {
            text.append("  ")
                    .append(setting.name())
                    .append(" [")
                    .append(setting.fallback())
                    .append("]\n      ");
            text.append(setting.about())
                    .append(": ")
                    .append(setting.form().expected())
                    .append('\n');
        }
        return text.toString();
    }
}
