package io.signalbox.api;

import io.signalbox.audit.AuditAction;
import io.signalbox.audit.AuditCaller;
import io.signalbox.audit.AuditEntry;
import io.signalbox.audit.AuditStore;
import io.signalbox.identity.Caller;
import io.signalbox.identity.Client;
import io.signalbox.identity.LoginListener;
import io.signalbox.identity.User;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import tools.jackson.core.JsonGenerator;

/** Puts logins, refused ones too, and logouts into the audit log (authentication §16), behind the answer. */
public final class LoginAudit implements LoginListener {
    private final AuditStore store;
    private final InstantSource clock;
    private final LongAdder dropped = new LongAdder();

    public LoginAudit(AuditStore store, InstantSource clock) {
        this.store = store;
        this.clock = clock;
    }

    @Override
    public void loggedIn(User user, Client client) {
        write(caller(user), client, AuditAction.LOGIN, "");
    }

    @Override
    public void refused(User user, Client client, String why) {
        write(caller(user), client, AuditAction.LOGIN, why);
    }

    @Override
    public void locked(User user, Client client) {
        write(caller(user), client, AuditAction.LOCKOUT, "");
    }

    @Override
    public void loggedOut(Caller caller, Client client) {
        write(
                new AuditCaller(caller.user(), caller.email(), caller.tenant(), caller.customer()),
                client,
                AuditAction.LOGOUT,
                "");
    }

    private static AuditCaller caller(User user) {
        return new AuditCaller(user.id(), user.email(), user.tenant(), user.customer());
    }

    private void write(AuditCaller caller, Client client, AuditAction action, String failure) {
        String data = Json.text(json -> {
            json.writeStartObject();
            writeClient(json, client);
            json.writeEndObject();
        });
        AuditEntry entry = new AuditEntry(
                clock.millis(),
                caller,
                client.address(),
                "USER",
                caller.user().uuid(),
                Optional.of(caller.email()),
                action,
                data,
                failure.isEmpty(),
                failure);
        store.insert(List.of(entry)).whenComplete((_, problem) -> {
            if (problem != null) {
                dropped.increment();
            }
        });
    }

    /** The members that say from where somebody calls. */
    static void writeClient(JsonGenerator json, Client client) {
        json.writeStringProperty("clientAddress", client.address());
        json.writeStringProperty("browser", client.browser());
        json.writeStringProperty("os", client.os());
        json.writeStringProperty("device", client.device());
    }

    /** Entries that the store did not take. */
    public long dropped() {
        return dropped.sum();
    }
}
