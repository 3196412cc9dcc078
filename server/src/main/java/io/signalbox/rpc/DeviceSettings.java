package io.signalbox.rpc;

import io.signalbox.device.DeviceProfileId;
import io.signalbox.session.Mailbox;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What is set for the commands of one device, as its mailbox knows it. Read from the store with the first commands that are,
 * so that no other read is made when a session subscribes; kept while the mailbox is there.
 *
 * <p>A change of the device is asked for again. A change of its profile comes with its event, since thousands of devices would
 * ask at once. Changes of profiles are counted: one that was committed before the store was asked is in the answer already.
 */
final class DeviceSettings {
    private static final Duration RETRY = Duration.ofMillis(500);

    private final Mailbox mailbox;
    private final RpcService service;
    private Delivery delivery;
    private RpcSettings.@Nullable OfDevice set;

    /** Counts questions: only the answer to the last one counts. */
    private int asked;

    private boolean isAsking;

    /** The device's own have changed since, and could not be read: others may not be mixed with them. */
    private boolean isOutdated;

    /** The last change of a profile that is known here. */
    private long profileChange;

    DeviceSettings(Mailbox mailbox, RpcService service) {
        this.mailbox = mailbox;
        this.service = service;
        this.delivery = service.delivery();
    }

    Delivery delivery() {
        return delivery;
    }

    /** False: nothing goes out. */
    boolean isKnown() {
        return set != null;
    }

    /** Whether an answer of the store is on its way. */
    boolean isAsking() {
        return isAsking;
    }

    /** The number of a question that somebody else puts to the store. */
    int ask() {
        isAsking = true;
        profileChange = service.profileChanges();
        return ++asked;
    }

    void askAgain() {
        service.readSettings(mailbox.device(), ask());
    }

    /** @param found null: the store did not tell */
    void answered(int to, RpcSettings.@Nullable OfDevice found) {
        if (to != asked) {
            return;
        }
        isAsking = false;
        isOutdated = found == null;
        if (found != null) {
            take(found);
            return;
        }
        mailbox.home()
                .schedule(
                        RETRY, () -> service.postIfPresent(mailbox.device(), new DeviceRpcs.Event.SettingsUnread(to)));
    }

    /** That question came to nothing a while ago. */
    void unread(int to) {
        if (to == asked && !isAsking) {
            askAgain();
        }
    }

    /** The device's own are others now. */
    void changed() {
        if (isAsking || set != null) {
            askAgain();
        }
    }

    /** The device has this profile now. */
    void profileIs(DeviceProfileId profile) {
        if (isAsking || (set != null && !set.profile().equals(profile))) {
            askAgain();
        }
    }

    void profileChanged(long change, DeviceProfileId profile, RpcSettings now) {
        if (change <= profileChange) {
            return;
        }
        RpcSettings.OfDevice known = set;
        if (isAsking || (isOutdated && known != null)) {
            askAgain();
        } else if (known != null) {
            profileChange = change;
            if (known.profile().equals(profile)) {
                take(new RpcSettings.OfDevice(profile, known.own(), now));
            }
        }
    }

    private void take(RpcSettings.OfDevice now) {
        set = now;
        delivery = service.delivery(now.effective());
    }
}
