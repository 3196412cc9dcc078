package io.signalbox.store.sql;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.signalbox.audit.AuditAction;
import io.signalbox.audit.AuditCaller;
import io.signalbox.audit.AuditEntry;
import io.signalbox.device.CustomerId;
import io.signalbox.device.TenantId;
import io.signalbox.device.UserId;
import io.signalbox.device.Uuids;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * Audit entries of one tenant in one row. Whole numbers have 7 bits to a byte, the lowest first; a text stands there once,
 * then it is named by its place among the texts.
 *
 * <pre>
 * entry: time since the first's (zigzag), caller, address, entity type, entity id (16 bytes), entity name + 1 (0: none),
 *        action, success, failure details, length of data, data
 * data:  actionData, without its first member when that is the entity id
 * </pre>
 */
final class AuditChunk {
    private static final int ENTRY_BYTES = 200;
    private static final int UUID_BYTES = 16;

    private AuditChunk() {}

    /** @param entries at least one, all of one tenant */
    static byte[] pack(List<AuditEntry> entries) {
        Packer packer = new Packer(entries.size() * ENTRY_BYTES);
        long first = entries.getFirst().createdTime();
        packer.number(first);
        for (AuditEntry entry : entries) {
            packer.entry(entry, first);
        }
        return packer.done();
    }

    private static String idMember(UUID entityId) {
        return "{\"entityId\":\"" + entityId + '"';
    }

    private static final class Packer {
        private byte[] bytes;
        private int size;
        private final Map<Object, Integer> places = new HashMap<>();

        Packer(int capacity) {
            bytes = new byte[capacity];
        }

        byte[] done() {
            return Arrays.copyOf(bytes, size);
        }

        void entry(AuditEntry entry, long first) {
            long since = entry.createdTime() - first;
            number((since << 1) ^ (since >> 63));
            caller(entry.caller());
            text(entry.address());
            text(entry.entityType());
            uuid(entry.entityId());
            if (entry.entityName().isPresent()) {
                number(1);
                text(entry.entityName().get());
            } else {
                number(0);
            }
            text(entry.action().name());
            number(entry.isSuccess() ? 1 : 0);
            text(entry.failureDetails());
            String member = idMember(entry.entityId());
            String data = entry.actionData();
            whole(data.startsWith(member) ? data.substring(member.length()) : data);
        }

        /** A caller, as all that has a place, is written behind the place that is the next. */
        private void caller(AuditCaller caller) {
            if (isNew(caller)) {
                uuid(caller.user().uuid());
                uuid(caller.customer().map(CustomerId::uuid).orElse(Uuids.NULL));
                whole(caller.email());
            }
        }

        private void text(String text) {
            if (isNew(text)) {
                whole(text);
            }
        }

        private boolean isNew(Object value) {
            Integer place = places.putIfAbsent(value, places.size());
            number(place == null ? places.size() - 1 : place);
            return place == null;
        }

        private void whole(String text) {
            byte[] utf8 = text.getBytes(UTF_8);
            number(utf8.length);
            room(utf8.length);
            System.arraycopy(utf8, 0, bytes, size, utf8.length);
            size += utf8.length;
        }

        private void uuid(UUID uuid) {
            room(UUID_BYTES);
            System.arraycopy(Uuids.bytes(uuid), 0, bytes, size, UUID_BYTES);
            size += UUID_BYTES;
        }

        private void number(long number) {
            room(10);
            long left = number;
            while ((left & ~0x7FL) != 0) {
                bytes[size++] = (byte) (left | 0x80);
                left >>>= 7;
            }
            bytes[size++] = (byte) left;
        }

        private void room(int more) {
            if (size + more > bytes.length) {
                bytes = Arrays.copyOf(bytes, Math.max(size + more, bytes.length * 2));
            }
        }
    }

    /** Goes over the entries of a chunk; what it says of the current one counts until the next. */
    static final class Reader {
        private final byte[] bytes;
        private final Optional<TenantId> tenant;
        private final List<Object> values = new ArrayList<>();
        private final long first;
        private int at;

        long time;
        AuditCaller caller;
        String entityType = "";
        UUID entityId = Uuids.NULL;
        Optional<String> entityName = Optional.empty();
        AuditAction action = AuditAction.ADDED;
        boolean isSuccess;
        private String address = "";
        private String failureDetails = "";
        private int dataFrom;
        private int dataTo;

        private Reader(byte[] bytes, Optional<TenantId> tenant) {
            this.bytes = bytes;
            this.tenant = tenant;
            this.first = number();
            this.caller = new AuditCaller(new UserId(Uuids.NULL), "", tenant, Optional.empty());
        }

        /** Calls {@code each} with the reader, once for each entry, in order. */
        static void read(byte[] bytes, Optional<TenantId> tenant, Consumer<Reader> each) {
            Reader reader = new Reader(bytes, tenant);
            while (reader.at < bytes.length) {
                reader.next();
                each.accept(reader);
            }
        }

        AuditEntry entry() {
            String data = new String(bytes, dataFrom, dataTo - dataFrom, UTF_8);
            return new AuditEntry(
                    time,
                    caller,
                    address,
                    entityType,
                    entityId,
                    entityName,
                    action,
                    data.startsWith("{") ? data : idMember(entityId) + data,
                    isSuccess,
                    failureDetails);
        }

        private void next() {
            long since = number();
            time = first + ((since >>> 1) ^ -(since & 1));
            caller = caller();
            address = text();
            entityType = text();
            entityId = uuid();
            entityName = number() == 0 ? Optional.empty() : Optional.of(text());
            action = AuditAction.valueOf(text());
            isSuccess = number() == 1;
            failureDetails = text();
            int length = (int) number();
            dataFrom = at;
            at += length;
            dataTo = at;
        }

        private AuditCaller caller() {
            int place = (int) number();
            if (place == values.size()) {
                UserId user = new UserId(uuid());
                UUID customer = uuid();
                values.add(new AuditCaller(
                        user,
                        whole(),
                        tenant,
                        customer.equals(Uuids.NULL) ? Optional.empty() : Optional.of(new CustomerId(customer))));
            }
            return (AuditCaller) values.get(place);
        }

        private String text() {
            int place = (int) number();
            if (place == values.size()) {
                values.add(whole());
            }
            return (String) values.get(place);
        }

        private String whole() {
            int length = (int) number();
            at += length;
            return new String(bytes, at - length, length, UTF_8);
        }

        private UUID uuid() {
            at += UUID_BYTES;
            return Uuids.of(Arrays.copyOfRange(bytes, at - UUID_BYTES, at));
        }

        private long number() {
            long number = 0;
            int shift = 0;
            byte next;
            do {
                next = bytes[at++];
                number |= (next & 0x7FL) << shift;
                shift += 7;
            } while (next < 0);
            return number;
        }
    }
}
