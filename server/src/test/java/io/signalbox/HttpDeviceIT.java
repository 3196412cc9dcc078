package io.signalbox;

import static io.signalbox.RawMqtt.RPC_REQUESTS;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.signalbox.TestServer.TestDevice;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The HTTP device API, and bodies on all HTTP paths. */
class HttpDeviceIT {
    @RegisterExtension
    static final TestServer server = TestServer.with("rpc-timeout-min=50ms");

    private static final String LONG = "{\"method\":\"m\",\"params\":[1],\"timeout\":20000}";

    private Rest nobody = server.anybody();
    private Rest tenant = server.tenant();
    private final TestDevice device = server.device();

    private String path(String rest) {
        return "/api/v1/" + device.token() + rest;
    }

    private String telemetry(String rest) {
        return "/api/plugins/telemetry/DEVICE/" + device.id() + rest;
    }

    @Test
    void whatWasAcknowledgedIsThereAfterARestart() throws Server.CannotStart {
        Rest.Answer stored = nobody.post(path("/telemetry"), "{temperature:25}");
        assertThat(stored.status()).isEqualTo(200);
        assertThat(stored.body()).isEmpty();
        assertThat(nobody.post(path("/attributes"), "{\"a\":\"v\"}").status()).isEqualTo(200);
        server.restart();
        nobody = server.anybody();
        tenant = server.tenant();
        assertThat(tenant.get(telemetry("/values/timeseries?keys=temperature")).text("/temperature/0/value"))
                .isEqualTo("25");
        assertThat(nobody.get(path("/attributes")).body()).isEqualTo("{\"client\":{\"a\":\"v\"}}");
    }

    @Test
    void aDeviceReadsTheAttributesItNames() {
        nobody.post(path("/attributes"), "{\"a\":\"v\",\"b\":true}");
        tenant.post(telemetry("/attributes/SHARED_SCOPE"), "{\"s\":1,\"u\":2.0}");
        tenant.post(telemetry("/attributes/SERVER_SCOPE"), "{\"secret\":1}");
        assertThat(nobody.get(path("/attributes")).json())
                .isEqualTo(nobody.get(path("/attributes?clientKeys=a,b&sharedKeys=s,u,secret"))
                        .json());
        assertThat(nobody.get(path("/attributes?clientKeys=b,nothing")).body()).isEqualTo("{\"client\":{\"b\":true}}");
        assertThat(nobody.get(path("/attributes?sharedKeys=u,a")).body()).isEqualTo("{\"shared\":{\"u\":2.0}}");
        assertThat(nobody.get(path("/attributes?sharedKeys=secret")).body()).isEqualTo("{}");
    }

    @Test
    void aPollForAttributesEndsWithTheNextChange() {
        CompletableFuture<Rest.Answer> poll = nobody.getting(path("/attributes/updates?timeout=20000"));
        server.awaitMetric("signalbox_sessions_mailboxes", 1);
        tenant.post(telemetry("/attributes/SHARED_SCOPE"), "{\"interval\":60}");
        assertThat(Rest.await(poll).status()).isEqualTo(200);
        assertThat(Rest.await(poll).body()).isEqualTo("{\"interval\":60}");
        server.awaitMetric("signalbox_sessions_mailboxes", 0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/rpc", "/attributes/updates"})
    void aPollEndsWithItsTime(String what) {
        Rest.Answer answer = nobody.get(path(what + "?timeout=100"));
        assertThat(answer.status()).isEqualTo(408);
        assertThat(answer.body()).isEmpty();
        assertThat(nobody.get(path(what + "?timeout=-1")).status()).isEqualTo(408);
        server.awaitMetric("signalbox_sessions_mailboxes", 0);
    }

    @Test
    void aPollingDeviceGetsACommandAndAnswersIt() {
        CompletableFuture<Rest.Answer> poll = nobody.getting(path("/rpc"));
        server.awaitMetric("signalbox_sessions_mailboxes", 1);
        CompletableFuture<Rest.Answer> call = tenant.twoWay(device, LONG);
        Rest.Answer command = Rest.await(poll);
        int id = command.json().at("/id").asInt();
        assertThat(command.body()).isEqualTo("{\"id\":" + id + ",\"method\":\"m\",\"params\":[1]}");
        assertThat(command.contentType()).isEqualTo("application/json");
        assertThat(nobody.post(path("/rpc/" + (id + 1)), "\"wrong\"").status()).isEqualTo(200);
        assertThat(nobody.post(path("/rpc/" + id), "{\"t\":1}").status()).isEqualTo(200);
        assertThat(Rest.await(call).body()).isEqualTo("{\"t\":1}");
    }

    @Test
    void aPollGetsTheOldestUnansweredCommandUntilItIsAnswered() {
        CompletableFuture<Rest.Answer> one = tenant.twoWay(device, LONG);
        server.awaitMetric("signalbox_rpc_open", 1);
        CompletableFuture<Rest.Answer> two = tenant.twoWay(device, LONG);
        server.awaitMetric("signalbox_rpc_open", 2);
        Rest.Answer first = nobody.get(path("/rpc"));
        assertThat(nobody.get(path("/rpc")).body()).isEqualTo(first.body());
        nobody.post(path("/rpc/" + first.json().at("/id").asInt()), "1");
        assertThat(Rest.await(one).body()).isEqualTo("1");
        Rest.Answer second = nobody.get(path("/rpc"));
        nobody.post(path("/rpc/" + second.json().at("/id").asInt()), "2");
        assertThat(Rest.await(two).body()).isEqualTo("2");
    }

    @Test
    void aPollThatEndedGetsNoCommand() {
        assertThat(nobody.get(path("/rpc?timeout=50")).status()).isEqualTo(408);
        Rest.Answer answer = Rest.await(tenant.oneWay(device, "{\"method\":\"m\",\"timeout\":200}"));
        assertThat(answer.status()).isEqualTo(504);
        assertThat(answer.outcome()).isEqualTo("no-session");
    }

    @Test
    void aDeviceThatIsDeletedEndsItsPoll() {
        CompletableFuture<Rest.Answer> poll = nobody.getting(path("/rpc"));
        server.awaitMetric("signalbox_sessions_mailboxes", 1);
        assertThat(tenant.delete("/api/device/" + device.id()).status()).isEqualTo(200);
        assertThat(Rest.await(poll).status()).isEqualTo(403);
        assertThat(Rest.await(poll).body()).isEqualTo("Device was deleted!");
        assertThat(nobody.get(path("/rpc")).status()).isEqualTo(401);
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /telemetry, 405",
        "DELETE, /attributes, 405",
        "POST, /attributes/updates, 405",
        "GET, /rpc/1, 405",
        "POST, /nothing, 404",
        "POST, /rpc/x, 400",
        "POST, /rpc/2147483648, 400",
        "GET, /rpc?timeout=soon, 400",
        "POST, /telemetry, 400",
        "POST, /rpc/1, 400"
    })
    void aWrongRequestIsToldWhy(String method, String what, int status) {
        Rest.Answer answer = switch (method) {
            case "GET" -> nobody.get(path(what));
            case "DELETE" -> nobody.delete(path(what));
            default -> nobody.post(path(what), "");
        };
        assertThat(answer.status()).isEqualTo(status);
        assertThat(answer.json().at("/status").asInt()).isEqualTo(status);
    }

    @ParameterizedTest
    @ValueSource(strings = {"5", "\"x\"", "null", "[1]", "{\"a\":", "{\"a\":1} x", "{\"a\":\"\u0000\"}"})
    void aBodyThatIsNoTelemetryIsToldWhy(String body) {
        Rest.Answer answer = nobody.post(path("/telemetry"), body);
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.text("/message")).isNotEmpty();
    }

    @Test
    void anUnknownTokenIsNobody() {
        for (String token : List.of("unknown", "%20", "a%2Fb", "A+B", "%C3%A9", "%ff")) {
            String prefix = "/api/v1/" + token;
            assertThat(nobody.post(prefix + "/telemetry", "{\"a\":1}").status()).isEqualTo(401);
            assertThat(nobody.post(prefix + "/telemetry", "no json {").status()).isEqualTo(401);
            assertThat(nobody.post(prefix + "/rpc/1", "1").status()).isEqualTo(401);
            assertThat(nobody.get(prefix + "/attributes").status()).isEqualTo(401);
            assertThat(nobody.get(prefix + "/rpc").status()).isEqualTo(401);
            assertThat(nobody.get(prefix + "/attributes/updates").body()).isEmpty();
        }
    }

    /** RFC 3986 §2.1: only in forms does a plus sign mean a blank. */
    @Test
    void aTokenMayHoldAnything() {
        String id = tenant.post("/api/device?accessToken=a%2Bb%2Fc%20%C3%A9", "{\"name\":\"plus\"}")
                .text("/id/id");
        assertThat(nobody.post("/api/v1/a+b%2Fc%20%C3%A9/telemetry", "{\"a\":1}")
                        .status())
                .isEqualTo(200);
        assertThat(tenant.get("/api/plugins/telemetry/DEVICE/" + id + "/values/timeseries?keys=a")
                        .text("/a/0/value"))
                .isEqualTo("1");
    }

    // ------------------------------------------------------------------------------------------------ bodies

    /** One request by hand, on a connection of its own. */
    private static final class RawHttp implements AutoCloseable {
        private final Socket socket;
        private final InputStream in;

        RawHttp(String head) throws IOException {
            socket = new Socket(InetAddress.getLoopbackAddress(), server.httpPort());
            socket.setSoTimeout(20_000);
            in = socket.getInputStream();
            send(head.replace("\n", "\r\n") + "\r\n\r\n");
        }

        RawHttp send(String text) throws IOException {
            socket.getOutputStream().write(text.getBytes(ISO_8859_1));
            socket.getOutputStream().flush();
            return this;
        }

        /** The status of the next answer, and its headers and body behind it. */
        String head() throws IOException {
            StringBuilder head = new StringBuilder();
            while (head.indexOf("\r\n\r\n") < 0) {
                int b = in.read();
                if (b < 0) {
                    throw new IOException("connection ended after: " + head);
                }
                head.append((char) b);
            }
            return head.toString();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    private static int status(String head) {
        return Integer.parseInt(head.substring(9, 12));
    }

    private List<String> postsWithBody() {
        List<String> heads = new ArrayList<>();
        for (String path : List.of(
                path("/telemetry"),
                path("/attributes"),
                path("/rpc/1"),
                telemetry("/attributes/SHARED_SCOPE"),
                "/api/rpc/oneway/" + device.id())) {
            heads.add("POST " + path + " HTTP/1.1\nHost: x\nX-Authorization: Bearer " + tenant.token());
        }
        return heads;
    }

    /** RFC 9110 §10.1.1 */
    @Test
    void aClientThatWaitsForContinueIsToldToGoOn() throws IOException {
        CompletableFuture<Rest.Answer> poll = nobody.getting(path("/rpc"));
        server.awaitMetric("signalbox_sessions_mailboxes", 1);
        String body = "{\"method\":\"m\"}";
        for (String head : postsWithBody()) {
            try (RawHttp http = new RawHttp(head + "\nExpect: 100-continue\nContent-Length: " + body.length())) {
                assertThat(status(http.head())).as(head).isEqualTo(100);
                http.send(body);
                assertThat(status(http.head())).as(head).isEqualTo(200);
            }
        }
        assertThat(Rest.await(poll).status()).isEqualTo(200);
    }

    @Test
    void aClientThatWaitsForContinueIsSparedABodyThatIsTooLong() throws IOException {
        for (String head : postsWithBody()) {
            try (RawHttp http = new RawHttp(head + "\nExpect: 100-continue\nContent-Length: 17000000")) {
                assertThat(status(http.head())).as(head).isEqualTo(413);
            }
        }
    }

    @Test
    void aLongBodyInChunksIsRefusedAndTheClientReadsWhy() throws IOException {
        for (String head : postsWithBody()) {
            boolean deviceAnswer = head.contains("/rpc/1 ");
            int limit = deviceAnswer ? 65_536 : 16 << 20;
            try (RawHttp http = new RawHttp(head + "\nTransfer-Encoding: chunked")) {
                String chunk = "10000\r\n" + "1".repeat(0x10000) + "\r\n";
                for (int sent = 0; sent < limit + (4 << 20); sent += 0x10000) {
                    http.send(chunk);
                }
                http.send("0\r\n\r\n");
                String answer = http.head();
                assertThat(status(answer)).as(head).isEqualTo(413);
                assertThat(answer.toLowerCase(Locale.ROOT)).contains("connection: close");
            }
        }
    }

    @Test
    void aBodyOfExactlyTheLimitIsTaken() {
        assertThat(nobody.post(path("/rpc/1"), "1".repeat(65_536)).status()).isEqualTo(200);
        Rest.Answer answer = nobody.post(path("/rpc/1"), "1".repeat(65_537));
        assertThat(answer.status()).isEqualTo(413);
        assertThat(answer.body()).isEqualTo("\"Payload size exceeds the limit of 65536 bytes\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"%", "%zz", "%2"})
    void aTokenThatIsNotPercentEncodedIsAnswered(String token) throws IOException {
        try (RawHttp http = new RawHttp("GET /api/v1/" + token + "/attributes HTTP/1.1\nHost: x")) {
            assertThat(status(http.head())).isIn(400, 401);
        }
        try (RawMqtt mqtt = server.mqtt(device).subscribed(0, RPC_REQUESTS)) {
            mqtt.nothingMore();
        }
    }
}
