package io.signalbox.mail;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.signalbox.identity.MailSettings;
import io.signalbox.identity.Mailer.Mail;
import io.signalbox.identity.Mailer.NotSent;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SmtpMailerIT {
    private final FakeSmtp server = new FakeSmtp();
    private final SmtpMailer mailer = new SmtpMailer(InstantSource.system());
    private final Mail mail = new Mail("kim@example.org", "Grüße", "Ein Link:\nhttp://x\n");

    @AfterEach
    void close() throws IOException {
        server.close();
    }

    private MailSettings settings(boolean startTls) {
        return new MailSettings(
                "Signalbox <signalbox@example.org>",
                "127.0.0.1",
                server.port(),
                false,
                startTls,
                Duration.ofSeconds(20),
                Optional.empty(),
                Optional.empty());
    }

    @Test
    void aMailArrives() throws NotSent, InterruptedException {
        mailer.send(settings(false), mail);
        assertThat(server.next())
                .contains("RCPT TO:<kim@example.org>", "From: Signalbox <signalbox@example.org>", "http://x");
    }

    @Test
    void whatTheMailServerSaysIsTold() {
        server.refuse();
        assertThatThrownBy(() -> mailer.send(settings(false), mail)).isInstanceOf(NotSent.class);
    }

    @Test
    void nothingIsSaidWithoutTheEncryptionThatWasAskedFor() {
        assertThatThrownBy(() -> mailer.send(settings(true), mail))
                .isInstanceOf(NotSent.class)
                .hasMessageContaining("STARTTLS");
    }
}
