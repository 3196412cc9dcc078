package io.signalbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HttpsIT {
    private static final String PASSWORD = "of-the-keystore";

    @TempDir
    private Path folder;

    @Test
    void aCertificateThatIsReplacedCountsForNewConnectionsAndOldOnesGoOn() throws Exception {
        Path file = folder.resolve("server.p12");
        Files.move(made("one"), file);
        TestServer server = TestServer.with("https-port=0", "https-certificate=" + file, "https-password=" + PASSWORD);
        try {
            server.start();
            int port = server.httpsPort().orElseThrow();
            try (SSLSocket before = connect(port)) {
                assertThat(get(before)).contains("\"minimumLength\":6");
                assertThat(name(before)).isEqualTo("CN=one");
                Files.writeString(file, "half a file");
                Files.move(made("two"), file, StandardCopyOption.REPLACE_EXISTING);
                TestServer.await("the new certificate", () -> "CN=two".equals(nameAt(port)));
                assertThat(get(before)).contains("\"minimumLength\":6");
            }
            assertThat(server.anybody().get("/api/noauth/userPasswordPolicy").status())
                    .isEqualTo(200);
        } finally {
            server.close();
        }
    }

    private Path made(String name) throws IOException, InterruptedException {
        Path file = folder.resolve(name + ".new.p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "server",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=" + name,
                        "-storetype",
                        "PKCS12",
                        "-storepass",
                        PASSWORD,
                        "-keystore",
                        file.toString())
                .redirectErrorStream(true)
                .start();
        String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(keytool.waitFor()).as(said).isZero();
        return file;
    }

    private static String nameAt(int port) {
        try (SSLSocket socket = connect(port)) {
            return name(socket);
        } catch (IOException | GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static String name(SSLSocket socket) throws IOException {
        X509Certificate certificate = (X509Certificate) socket.getSession().getPeerCertificates()[0];
        return certificate.getSubjectX500Principal().getName();
    }

    private static SSLSocket connect(int port) throws IOException, GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new TrustsAll()}, null);
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", port);
        socket.setSoTimeout(20_000);
        socket.startHandshake();
        return socket;
    }

    /** One call on a connection that stays open. */
    private static String get(SSLSocket socket) throws IOException {
        OutputStream out = socket.getOutputStream();
        out.write("GET /api/noauth/userPasswordPolicy HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        out.flush();
        InputStream in = socket.getInputStream();
        StringBuilder answer = new StringBuilder();
        while (answer.indexOf("}") < 0) {
            int next = in.read();
            assertThat(next).as("the connection is open").isNotNegative();
            answer.append((char) next);
        }
        return answer.toString();
    }

    @Test
    void aMissingFileStopsTheStart() throws Exception {
        Path file = folder.resolve("nothing.pem");
        TestServer server = TestServer.with("https-port=0", "https-certificate=" + file);
        try {
            assertThatThrownBy(server::start)
                    .isInstanceOf(Server.CannotStart.class)
                    .hasMessageContaining("there is no file " + file);
        } finally {
            server.close();
        }
    }

    /** Who it is does not matter here. */
    private static final class TrustsAll implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
