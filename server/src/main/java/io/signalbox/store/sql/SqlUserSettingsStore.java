package io.signalbox.store.sql;

import io.signalbox.device.UserId;
import io.signalbox.identity.UserSettingsStore;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** What clients keep for users, in core.db. */
public final class SqlUserSettingsStore implements UserSettingsStore {
    private final CoreWriter writer;
    private final CoreReaders readers;

    SqlUserSettingsStore(CoreWriter writer, CoreReaders readers) {
        this.writer = writer;
        this.readers = readers;
    }

    @Override
    public Optional<String> settings(UserId user) {
        return readers.read(sql -> settings(sql, user));
    }

    @Override
    public String change(UserId user, UnaryOperator<String> change) {
        return writer.write(sql -> {
            String changed = change.apply(settings(sql, user).orElse("{}"));
            int written = sql.update(
                    "INSERT INTO user_settings (user_number, settings) SELECT u.number, ? FROM users u WHERE u.id = ?"
                            + " ON CONFLICT (user_number) DO UPDATE SET settings = excluded.settings",
                    changed,
                    user.uuid());
            if (written == 0) {
                throw Refusals.notFound("User", user);
            }
            return changed;
        });
    }

    private static Optional<String> settings(Sql sql, UserId user) {
        return sql.first(
                "SELECT s.settings FROM user_settings s JOIN users u ON u.number = s.user_number WHERE u.id = ?",
                row -> row.text("settings"),
                user.uuid());
    }
}
