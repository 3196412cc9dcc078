package io.signalbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.signalbox.TestServer.TestDevice;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.JsonNode;

/** Presence of devices, as callers see it (MQTT device API §4.3). */
class PresenceIT {
    @RegisterExtension
    static final TestServer server = TestServer.with("device-inactivity-timeout=1s");

    @Test
    void deviceThatConnectsIsActiveAndInactiveWhenItIsSilent() {
        TestDevice device = server.device();
        assertThat(shown(device, "active")).isEqualTo("false");
        assertThat(isActive(device)).isFalse();
        RawMqtt mqtt = server.mqtt(device);
        TestServer.await("active", () -> isActive(device));
        assertThat(listed(device, true)).isTrue();
        assertThat(listed(device, false)).isFalse();
        long connected = Long.parseLong(shown(device, "lastConnectTime"));
        assertThat(Long.parseLong(shown(device, "lastActivityTime"))).isGreaterThanOrEqualTo(connected);
        mqtt.send(RawMqtt.disconnect());
        TestServer.await(
                "disconnected", () -> !shown(device, "lastDisconnectTime").isEmpty());
        TestServer.await("inactive", () -> !isActive(device));
        assertThat(Long.parseLong(shown(device, "inactivityAlarmTime"))).isGreaterThanOrEqualTo(connected + 1_000);
        assertThat(listed(device, false)).isTrue();
    }

    @Test
    void pingIsASignOfLife() {
        TestDevice device = server.device();
        RawMqtt mqtt = server.mqtt(device);
        TestServer.await("active", () -> isActive(device));
        long before = Long.parseLong(shown(device, "lastActivityTime"));
        mqtt.send(RawMqtt.pingreq());
        TestServer.await("heard", () -> Long.parseLong(shown(device, "lastActivityTime")) > before);
        mqtt.close();
    }

    @Test
    void requestOverHttpMakesActiveButConnectsNothing() {
        TestDevice device = server.device();
        assertThat(server.anybody()
                        .post("/api/v1/" + device.token() + "/telemetry", "{\"t\":1}")
                        .status())
                .isEqualTo(200);
        TestServer.await("active", () -> isActive(device));
        assertThat(shown(device, "lastConnectTime")).isEmpty();
    }

    @Test
    void restartTellsWhoFellSilent() throws Exception {
        TestDevice device = server.device();
        RawMqtt mqtt = server.mqtt(device);
        TestServer.await("active", () -> isActive(device));
        server.restart();
        mqtt.close();
        TestServer.await("inactive", () -> !isActive(device));
        assertThat(shown(device, "lastDisconnectTime")).isNotEmpty();
    }

    private static boolean isActive(TestDevice device) {
        return server.tenant()
                .get("/api/device/info/" + device.id())
                .json()
                .get("active")
                .asBoolean();
    }

    private static boolean listed(TestDevice device, boolean active) {
        JsonNode data = server.tenant()
                .get("/api/tenant/deviceInfos?pageSize=100&page=0&active=" + active)
                .json()
                .get("data");
        for (JsonNode each : data) {
            if (each.at("/id/id").asString().equals(device.id())) {
                return true;
            }
        }
        return false;
    }

    /** A server attribute as text; empty: there is none. */
    private static String shown(TestDevice device, String key) {
        JsonNode found = server.tenant()
                .get("/api/plugins/telemetry/DEVICE/" + device.id() + "/values/attributes/SERVER_SCOPE?keys=" + key)
                .json();
        return found.isEmpty() ? "" : found.get(0).get("value").asString();
    }
}
