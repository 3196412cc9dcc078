package io.signalbox.api;

/** Handles one call of the API in plain blocking style, on a virtual thread. */
@FunctionalInterface
interface Endpoint {
    /** @throws io.signalbox.ops.Rejected becomes the error object */
    Response answer(Exchange exchange);
}
