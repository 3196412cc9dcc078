package io.signalbox;

import io.signalbox.config.Config;
import io.signalbox.device.Device;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Optional;

/** What whoever starts the server reads first. */
final class Welcome {
    private Welcome() {}

    /** Before the ports open: a start that ends there must not take the only copy of the password with it. */
    static void firstStart(PrintStream out, Optional<String> administratorPassword) {
        administratorPassword.ifPresent(password -> out.printf(
                "First start. Log in as sysadmin@thingsboard.org with the password below; it is shown this once.%n%n    %s%n%n",
                password));
        out.flush();
    }

    static void print(PrintStream out, Config config, Server.Started started, Duration took) {
        String https = started.httpsPort().map(port -> " https=" + port).orElse("");
        out.printf("listening http=%d mqtt=%d%s%n", started.httpPort(), started.mqttPort(), https);
        out.printf(
                "Signalbox is up after %d ms. Data: %s%n",
                took.toMillis(), config.server().dataDir());
        Optional<Device> first = named(started, "Test Device A1");
        Optional<Device> second = named(started, "Test Device A2");
        if (first.isPresent() && second.isPresent()) {
            out.print(tryNext(
                    started.httpPort(),
                    started.mqttPort(),
                    first.get().id().toString(),
                    second.get().id().toString()));
        } else if (config.server().demo() && started.demoDevices().isEmpty()) {
            out.printf(
                    "No demo devices: %s was filled by a start without --demo, or they were deleted. An empty data-dir gets them.%n",
                    config.server().dataDir());
        }
        out.flush();
    }

    private static Optional<Device> named(Server.Started started, String name) {
        return started.demoDevices().stream()
                .filter(device -> device.name().equals(name))
                .findFirst();
    }

    private static String tryNext(int http, int mqtt, String firstDevice, String secondDevice) {
        return """

        Demo accounts: sysadmin@thingsboard.org/sysadmin, tenant@thingsboard.org/tenant, customer@thingsboard.org/customer

        Try it, in a second terminal. Log in:

          TOKEN=$(curl -s http://127.0.0.1:%1$d/api/auth/login -H 'Content-Type: application/json' \\
            -d '{"username":"tenant@thingsboard.org","password":"tenant"}' | sed 's/.*"token":"\\([^"]*\\)".*/\\1/')

        A one-way command to the first device, which listens with mosquitto_sub:

          mosquitto_sub -h 127.0.0.1 -p %2$d -u A1_TEST_TOKEN -t 'v1/devices/me/rpc/request/+' -q 1 -v &
          curl -i http://127.0.0.1:%1$d/api/rpc/oneway/%3$s \\
            -H "X-Authorization: Bearer $TOKEN" -d '{"method":"setLed","params":{"on":true}}'

        A two-way command to the second device, which polls with curl and answers:

          ( ID=$(curl -s http://127.0.0.1:%1$d/api/v1/A2_TEST_TOKEN/rpc | sed 's/.*"id":\\([0-9]*\\).*/\\1/')
            curl -s http://127.0.0.1:%1$d/api/v1/A2_TEST_TOKEN/rpc/$ID -d '{"temperature":21.5}' ) &
          curl -i http://127.0.0.1:%1$d/api/rpc/twoway/%4$s \\
            -H "X-Authorization: Bearer $TOKEN" -d '{"method":"getTemperature","params":{}}'

        """.formatted(http, mqtt, firstDevice, secondDevice);
    }
}
