package io.signalbox.identity;

/** Sends mail. Blocks until the mail server took it: virtual or platform threads only. */
@FunctionalInterface
public interface Mailer {
    /** @throws NotSent with what the mail server said */
    void send(MailSettings server, Mail mail) throws NotSent;

    /** One mail, in plain text. */
    record Mail(String to, String subject, String text) {}

    /** The mail server did not take it. */
    final class NotSent extends Exception {
        private static final long serialVersionUID = 1;

        public NotSent(String message) {
            super(message, null, false, false);
        }
    }
}
