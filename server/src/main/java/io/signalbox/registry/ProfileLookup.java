package io.signalbox.registry;

import io.signalbox.device.TenantId;
import java.util.Optional;

/** How things find their profiles. Every call blocks until it is read or committed, and fails as the store does that it is part of. */
public interface ProfileLookup<P extends Profile<I>, I> {
    /** Finds the profile by name. */
    Optional<P> profile(TenantId tenant, String name);

    Optional<P> profile(I id);

    Optional<P> defaultProfile(TenantId tenant);

    /** Stores the profile, or returns the one that has its name already. */
    P insertProfile(P profile);
}
