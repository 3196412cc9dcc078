package io.signalbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.signalbox.TestServer.TestDevice;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Events of devices (REST API §13). */
class EventIT {
    private static final String ANY_TENANT = "?tenantId=13814000-1dd2-11b2-8080-808080808080";

    @RegisterExtension
    static final TestServer server = TestServer.with();

    private static Rest.Answer events(TestDevice device, String kind, String more) {
        return server.tenant()
                .get("/api/events/DEVICE/" + device.id() + "/" + kind + ANY_TENANT + "&pageSize=10&page=0" + more);
    }

    private static int count(TestDevice device, String kind, String more) {
        Rest.Answer answer = events(device, kind, more);
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        return answer.json().at("/totalElements").asInt();
    }

    private static void sendsNonsense(TestDevice device) {
        assertThat(server.anybody()
                        .post("/api/v1/" + device.token() + "/telemetry", "{nonsense")
                        .status())
                .isEqualTo(400);
    }

    @Test
    void newDeviceHasNone() {
        TestDevice device = server.device();
        for (String kind : new String[] {"LC_EVENT", "ERROR", "STATS", "lc_event", "DEBUG_RULE_NODE"}) {
            assertThat(count(device, kind, "")).isZero();
        }
    }

    @Test
    void whatADeviceSendsWrongIsAnError() {
        TestDevice device = server.device();
        sendsNonsense(device);
        TestServer.await("the error", () -> count(device, "ERROR", "") == 1);
        Rest.Answer answer = events(device, "error", "&sortProperty=ts&sortOrder=DESC");
        assertThat(answer.text("/data/0/type")).isEqualTo("ERROR");
        assertThat(answer.text("/data/0/entityId/id")).isEqualTo(device.id());
        assertThat(answer.text("/data/0/body/method")).isEqualTo("telemetry");
        assertThat(answer.text("/data/0/body/error")).isNotEmpty();
        long time = answer.json().at("/data/0/createdTime").asLong();
        assertThat(count(device, "ERROR", "&startTime=" + (time + 1))).isZero();
        assertThat(count(device, "ERROR", "&endTime=" + time)).isEqualTo(1);
        assertThat(count(device, "ERROR", "&textSearch=no%20such%20text")).isZero();

        try (RawMqtt mqtt = server.mqtt(device)) {
            mqtt.send(mqtt.publish("v1/devices/me/attributes", 1, 1, "{nonsense"));
            TestServer.await("another", () -> count(device, "ERROR", "") == 2);
        }
    }

    @Test
    void filterChoosesWhatIsListedAndDeleted() {
        TestDevice device = server.device();
        sendsNonsense(device);
        TestServer.await("the error", () -> count(device, "ERROR", "") == 1);
        String path = "/api/events/DEVICE/" + device.id();
        String page = path + ANY_TENANT + "&pageSize=10&page=0";
        String other = "{\"eventType\":\"ERROR\",\"method\":\"attributes\"}";
        assertThat(server.tenant().post(page, other).json().at("/totalElements").asInt())
                .isZero();
        String fitting = "{\"eventType\":\"ERROR\",\"server\":\"signal\",\"method\":\"TELE\"}";
        assertThat(server.tenant()
                        .post(page, fitting)
                        .json()
                        .at("/totalElements")
                        .asInt())
                .isEqualTo(1);

        assertThat(server.tenant().post(path + "/clear", other).status()).isEqualTo(200);
        assertThat(count(device, "ERROR", "")).isEqualTo(1);
        assertThat(server.tenant().post(path + "/clear", fitting).status()).isEqualTo(200);
        assertThat(count(device, "ERROR", "")).isZero();
    }

    @Test
    void refusesWhatItDoesNotUnderstand() {
        TestDevice device = server.device();
        Rest.Answer answer = events(device, "NOPE", "");
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.text("/message")).isEqualTo("Event type: 'NOPE' is not supported!");
        assertThat(events(device, "ERROR", "&sortProperty=nope").status()).isEqualTo(400);
        assertThat(server.tenant()
                        .get("/api/events/DEVICE/" + device.id() + "/ERROR?pageSize=1&page=0")
                        .status())
                .isEqualTo(400);
    }

    @Test
    void foreignDevicesAreMissing() {
        TestDevice device = server.device();
        Rest other = server.otherTenant();
        String path = "/api/events/DEVICE/" + device.id();
        assertThat(other.get(path + "/ERROR" + ANY_TENANT + "&pageSize=1&page=0")
                        .status())
                .isEqualTo(404);
        assertThat(other.post(path + "/clear", "{\"eventType\":\"ERROR\"}").status())
                .isEqualTo(404);
    }
}
