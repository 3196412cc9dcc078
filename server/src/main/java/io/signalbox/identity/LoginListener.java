package io.signalbox.identity;

/** Hears who logs in and out, for the audit log. Virtual or platform threads; never blocks. */
public interface LoginListener {
    void loggedIn(User user, Client client);

    /** @param why as the caller was told */
    void refused(User user, Client client, String why);

    /** The account was locked for its failed logins. */
    void locked(User user, Client client);

    /** @param caller as its token says */
    void loggedOut(Caller caller, Client client);
}
