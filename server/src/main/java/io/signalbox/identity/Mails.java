package io.signalbox.identity;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.signalbox.identity.Mailer.Mail;
import io.signalbox.identity.Mailer.NotSent;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The mails that users get. One thread sends those that nobody waits for; when 1,000 wait, further ones are dropped and
 * counted.
 */
public final class Mails implements AutoCloseable {
    private static final int WAITING_MAX = 1_000;
    private static final Logger log = LoggerFactory.getLogger(Mails.class);

    private final SystemSettings settings;
    private final Mailer mailer;
    private final Counter sent;
    private final Counter failed;
    private final ThreadPoolExecutor thread = new ThreadPoolExecutor(
            1,
            1,
            30,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(WAITING_MAX),
            Thread.ofPlatform().daemon().name("mail").factory());

    public Mails(SystemSettings settings, Mailer mailer, MeterRegistry meters) {
        this.settings = settings;
        this.mailer = mailer;
        this.sent = Counter.builder("signalbox.mails.sent")
                .description("Mails that the mail server took")
                .register(meters);
        this.failed = Counter.builder("signalbox.mails.failed")
                .description("Mails that it did not take, or that were too many")
                .register(meters);
        thread.allowCoreThreadTimeOut(true);
    }

    /** Whether somebody set up mail. Any thread. */
    public boolean isSetUp() {
        return settings.mail().isPresent();
    }

    /** Blocks. @throws Rejected {@code INTERNAL}: {@code Couldn't send user activation email} */
    void activation(User user, String token) {
        try {
            send(new Mail(
                    user.email(),
                    "Your account activation",
                    "An account was made for you. Choose your password here:\n\n" + activationLink(token) + "\n"));
        } catch (NotSent e) {
            throw new Rejected(ErrorCode.INTERNAL, "Couldn't send user activation email");
        }
    }

    /** Sends a mail to see whether that works. Blocks. @throws Rejected {@code INTERNAL}, with what the mail server said */
    public void test(String to, MailSettings server) {
        try {
            send(Optional.of(server), new Mail(to, "Test mail", "Mail from this server arrives.\n"));
        } catch (NotSent e) {
            throw new Rejected(ErrorCode.INTERNAL, "Couldn't send mail: " + e.getMessage());
        }
    }

    void activated(User user) {
        later(new Mail(
                user.email(),
                "Your account was activated",
                "Your account was activated. Log in here:\n\n" + settings.baseUrl() + "\n"));
    }

    void passwordReset(User user, String token) {
        later(new Mail(
                user.email(),
                "Reset your password",
                "Somebody, probably you, asked for a new password. Choose it here:\n\n" + resetLink(token)
                        + "\n\nIf it was not you, there is nothing to do.\n"));
    }

    void passwordWasReset(User user) {
        later(new Mail(
                user.email(),
                "Your password was changed",
                "Your password was changed. If it was not you, ask your administrator at once.\n"));
    }

    void locked(String to, User user, int failedMax) {
        later(new Mail(
                to,
                "User account locked",
                "The account " + user.email() + " was locked after more than " + failedMax + " failed logins.\n"));
    }

    /** The link that sets the first password. */
    public String activationLink(String token) {
        return settings.baseUrl() + "/api/noauth/activate?activateToken=" + token;
    }

    /** The link that sets a new password. */
    public String resetLink(String token) {
        return settings.baseUrl() + "/api/noauth/resetPassword?resetToken=" + token;
    }

    private void later(Mail mail) {
        if (!isSetUp()) {
            return;
        }
        try {
            thread.execute(() -> {
                try {
                    send(mail);
                } catch (NotSent e) {
                    log.warn("mail not sent subject=\"{}\" why=\"{}\"", mail.subject(), e.getMessage());
                }
            });
        } catch (RejectedExecutionException e) {
            failed.increment();
        }
    }

    private void send(Mail mail) throws NotSent {
        send(settings.mail(), mail);
    }

    private void send(Optional<MailSettings> server, Mail mail) throws NotSent {
        try {
            if (server.isEmpty()) {
                throw new NotSent("mail is not set up");
            }
            mailer.send(server.get(), mail);
            sent.increment();
        } catch (NotSent e) {
            failed.increment();
            throw e;
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
