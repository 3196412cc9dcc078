package io.signalbox.payload;

import java.util.List;
import java.util.Optional;

/**
 * What a device asks for with an attribute request: empty for a member that was not there, an empty list for a member that
 * names no key. With neither member the device wants all attributes that it may read, with one of them that scope only.
 */
public record AttributeRequest(Optional<List<String>> clientKeys, Optional<List<String>> sharedKeys) {
    public AttributeRequest {
        clientKeys = clientKeys.map(List::copyOf);
        sharedKeys = sharedKeys.map(List::copyOf);
    }
}
