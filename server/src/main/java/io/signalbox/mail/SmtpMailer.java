package io.signalbox.mail;

import io.signalbox.identity.MailSettings;
import io.signalbox.identity.Mailer;
import jakarta.mail.Message;
import jakarta.mail.MessagingException;
import jakarta.mail.Session;
import jakarta.mail.Transport;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeMessage;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Date;
import java.util.Properties;

/** A connection for each mail: they are few. The certificate of a mail server with TLS must be good for its name. */
public final class SmtpMailer implements Mailer {
    private static final int WHY_CHARS_MAX = 200;

    private final InstantSource clock;

    public SmtpMailer(InstantSource clock) {
        this.clock = clock;
    }

    @Override
    public void send(MailSettings server, Mail mail) throws NotSent {
        String protocol = server.isTls() ? "smtps" : "smtp";
        Session session = Session.getInstance(properties(server, protocol));
        try (Transport transport = session.getTransport(protocol)) {
            MimeMessage message = message(session, server, mail);
            transport.connect(
                    server.host(),
                    server.port(),
                    server.username().orElse(null),
                    server.password().orElse(null));
            transport.sendMessage(message, message.getAllRecipients());
        } catch (MessagingException e) {
            String why = String.valueOf(e.getMessage()).strip().replaceAll("\\p{Cntrl}+", " ");
            throw new NotSent(why.length() <= WHY_CHARS_MAX ? why : why.substring(0, WHY_CHARS_MAX));
        }
    }

    private MimeMessage message(Session session, MailSettings server, Mail mail) throws MessagingException {
        MimeMessage message = new MimeMessage(session);
        message.setFrom(new InternetAddress(server.from(), true));
        message.setRecipient(Message.RecipientType.TO, new InternetAddress(mail.to(), true));
        message.setSubject(mail.subject(), StandardCharsets.UTF_8.name());
        message.setText(mail.text(), StandardCharsets.UTF_8.name());
        message.setSentDate(Date.from(clock.instant()));
        return message;
    }

    private static Properties properties(MailSettings server, String protocol) {
        String prefix = "mail." + protocol + ".";
        String timeout = Long.toString(server.timeout().toMillis());
        Properties properties = new Properties();
        properties.setProperty(
                prefix + "auth", Boolean.toString(server.username().isPresent()));
        properties.setProperty(prefix + "starttls.enable", Boolean.toString(server.startTls()));
        properties.setProperty(prefix + "starttls.required", Boolean.toString(server.startTls()));
        properties.setProperty(prefix + "ssl.checkserveridentity", "true");
        properties.setProperty(prefix + "connectiontimeout", timeout);
        properties.setProperty(prefix + "timeout", timeout);
        properties.setProperty(prefix + "writetimeout", timeout);
        return properties;
    }
}
