package io.signalbox.api;

import io.signalbox.audit.AuditAction;
import io.signalbox.audit.AuditCaller;
import io.signalbox.audit.AuditEntries;
import io.signalbox.audit.AuditEntry;
import io.signalbox.audit.AuditStore;
import io.signalbox.audit.Deed;
import io.signalbox.config.AuditChanges;
import io.signalbox.device.Uuids;
import io.signalbox.identity.Caller;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import tools.jackson.core.JsonGenerator;

/**
 * Puts changes that callers make into the audit log (REST API §14): a change in the commit of what it changed, where that is
 * one; a refusal behind the answer.
 */
public final class ChangeAudit {
    /** No words of the caller's doing: it may come again. */
    private static final Set<ErrorCode> UNTOLD =
            EnumSet.of(ErrorCode.STORE_UNAVAILABLE, ErrorCode.TOO_MANY_REQUESTS, ErrorCode.INTERNAL);

    private final AuditStore store;
    private final AuditEntries entries;
    private final AuditChanges kept;
    private final InstantSource clock;
    private final LongAdder dropped = new LongAdder();

    public ChangeAudit(AuditStore store, AuditEntries entries, AuditChanges kept, InstantSource clock) {
        this.store = store;
        this.entries = entries;
        this.kept = kept;
        this.clock = clock;
    }

    /**
     * What was done to an entity.
     *
     * @param name of the entity
     * @param data writes the members of {@code actionData}
     */
    record Done(UUID id, String name, Consumer<JsonGenerator> data) {
        /** It was made or changed; {@code json} writes it as callers read it. */
        static Done entity(UUID id, String name, Consumer<JsonGenerator> json) {
            return new Done(id, name, data -> {
                data.writeName("entity");
                json.accept(data);
            });
        }

        /** There is nothing more to say than which. */
        static Done named(UUID id, String name) {
            return new Done(id, name, data -> data.writeStringProperty("entityId", id.toString()));
        }
    }

    /**
     * A change that is about to be made.
     *
     * @param entityType like {@code DEVICE}
     * @param id         as the caller named it; empty: it is to be made
     */
    Change of(Exchange exchange, AuditAction action, String entityType, Optional<UUID> id) {
        return new Change(exchange, action, entityType, id);
    }

    /** As {@link #of(Exchange, AuditAction, String, Optional)}, of an entity that is there. */
    Change of(Exchange exchange, AuditAction action, String entityType, UUID id) {
        return of(exchange, action, entityType, Optional.of(id));
    }

    /** Says that the caller has read something, if that is wanted. Behind the answer; any thread, never blocks. */
    void read(Exchange exchange, AuditAction action, String entityType, Done done) {
        if (kept == AuditChanges.RW) {
            of(exchange, action, entityType, done.id()).write(done);
        }
    }

    /** Entries that the store did not take. */
    public long dropped() {
        return dropped.sum();
    }

    final class Change {
        private final Exchange exchange;
        private final AuditAction action;
        private final String entityType;
        private final Optional<UUID> id;

        private Change(Exchange exchange, AuditAction action, String entityType, Optional<UUID> id) {
            this.exchange = exchange;
            this.action = action;
            this.entityType = entityType;
            this.id = id;
        }

        /** What comes before the change, and may refuse it. */
        <R> R checked(Supplier<R> check) {
            return kept == AuditChanges.OFF ? check.get() : orRefused(check);
        }

        /**
         * Makes it; the entry stands in its commit.
         *
         * @param kind what the write comes to that is the change
         */
        <T, R> R committed(Class<T> kind, Function<T, Done> done, Supplier<R> change) {
            return kept == AuditChanges.OFF
                    ? change.get()
                    : orRefused(() -> Deed.during(kind, result -> entry(done.apply(result)), change));
        }

        /** Makes what is no single commit of the core; the entry comes behind it. */
        <R> R behind(Function<R, Done> done, Supplier<R> change) {
            if (kept == AuditChanges.OFF) {
                return change.get();
            }
            R result = orRefused(change);
            write(done.apply(result));
            return result;
        }

        /** It comes to nothing, which the caller is told otherwise than by an error. Behind the answer. */
        void refused(String why) {
            if (kept != AuditChanges.OFF) {
                insert(refusal(why));
            }
        }

        private <R> R orRefused(Supplier<R> change) {
            try {
                return change.get();
            } catch (Rejected e) {
                if (!UNTOLD.contains(e.code())) {
                    insert(refusal(e.text()));
                }
                throw e;
            }
        }

        private void write(Done done) {
            insert(entry(done));
        }

        private void insert(AuditEntry entry) {
            store.insert(List.of(entry)).whenComplete((_, problem) -> {
                if (problem != null) {
                    dropped.increment();
                }
            });
        }

        private AuditEntry entry(Done done) {
            String data = Json.text(json -> {
                json.writeStartObject();
                done.data().accept(json);
                json.writeEndObject();
            });
            return entry(done.id(), Optional.of(done.name()), entries.data(done.id(), data), "");
        }

        private AuditEntry refusal(String why) {
            UUID named = id.orElse(Uuids.NULL);
            String data = id.map(known -> "{\"entityId\":\"" + known + "\"}").orElse("{}");
            return entry(named, Optional.empty(), data, why);
        }

        private AuditEntry entry(UUID entity, Optional<String> name, String data, String failure) {
            Caller caller = exchange.caller();
            return new AuditEntry(
                    clock.millis(),
                    new AuditCaller(caller.user(), caller.email(), caller.tenant(), caller.customer()),
                    exchange.client().address(),
                    entityType,
                    entity,
                    name,
                    action,
                    data,
                    failure.isEmpty(),
                    failure);
        }
    }
}
