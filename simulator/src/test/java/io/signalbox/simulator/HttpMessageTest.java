package io.signalbox.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class HttpMessageTest {

    record Row(String text, int status, String body, boolean keepAlive) {}

    static Stream<Row> responses() {
        return Stream.of(
                new Row("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}", 200, "{}", true),
                new Row("HTTP/1.1 200 OK\r\nX: y\r\nCONTENT-LENGTH:3\r\n\r\nabc", 200, "abc", true),
                new Row("HTTP/1.1 504 Gateway Timeout\r\nContent-Length: 0\r\n\r\n", 504, "", true),
                new Row("HTTP/1.1 400 \r\nConnection: close\r\nContent-Length: 1\r\n\r\n-", 400, "-", false),
                new Row("HTTP/1.1 204 No Content\r\nContent-Type: text/plain\r\n\r\n", 204, "", true),
                new Row("HTTP/1.1 100 Continue\r\n\r\n", 100, "", true),
                new Row("HTTP/1.1 200 OK\r\nContent-Length-Hint: 9\r\nContent-Length: 1\r\n\r\nx", 200, "x", true),
                new Row("HTTP/1.1 200 OK\nContent-Length: 1\n\nx", 200, "x", true),
                new Row(
                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n",
                        200,
                        "abc0123456789",
                        true),
                new Row(
                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nT: u\r\n\r\n",
                        200,
                        "a",
                        true));
    }

    @ParameterizedTest
    @MethodSource("responses")
    void responseIsRead(Row row) {
        byte[] bytes = ascii(row.text() + "HTTP/1.1 next");
        HttpMessage message = new HttpMessage();
        assertThat(message.read(bytes, 0, bytes.length)).isEqualTo(row.text().length());
        assertThat(message.status()).isEqualTo(row.status());
        assertThat(message.bodyText()).isEqualTo(row.body());
        assertThat(message.keepAlive()).isEqualTo(row.keepAlive());
    }

    @ParameterizedTest
    @MethodSource("responses")
    void responseIsIncompleteBeforeItsLastByte(Row row) {
        byte[] bytes = ascii(row.text());
        HttpMessage message = new HttpMessage();
        for (int to = 0; to < bytes.length; to++) {
            assertThat(message.read(bytes, 0, to)).as("%d bytes", to).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 200 OK\r\n\r\n", // ends with the connection
                "HTTP/1.1 2x0 OK\r\n\r\n",
                "HTTP/1.1 20\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\n"
            })
    void malformedResponseIsRefused(String text) {
        byte[] bytes = ascii(text);
        assertThatThrownBy(() -> new HttpMessage().read(bytes, 0, bytes.length)).isInstanceOf(MalformedMessage.class);
    }

    @Test
    void endlessHeadIsRefused() {
        byte[] bytes = ascii("HTTP/1.1 200 OK\r\nX: " + "x".repeat(70_000));
        assertThatThrownBy(() -> new HttpMessage().read(bytes, 0, bytes.length)).isInstanceOf(MalformedMessage.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "POST /api/rpc/twoway/tok-1 HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}",
                "POST /tok-1?x=/y HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}"
            })
    void requestNamesTheLastSegmentOfItsPath(String text) {
        byte[] bytes = ascii("??" + text);
        HttpMessage message = new HttpMessage();
        assertThat(message.read(bytes, 2, bytes.length)).isEqualTo(text.length());
        assertThat(message.lastSegment()).isEqualTo("tok-1");
        assertThat(message.bodyText()).isEqualTo("{}");
    }

    @Test
    void requestWithoutABodyNeedsNoLength() {
        byte[] bytes = ascii("GET /x HTTP/1.1\r\n\r\n");
        HttpMessage message = new HttpMessage();
        assertThat(message.read(bytes, 0, bytes.length)).isEqualTo(bytes.length);
        assertThat(message.bodyText()).isEmpty();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
