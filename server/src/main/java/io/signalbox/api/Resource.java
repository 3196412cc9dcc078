package io.signalbox.api;

/** Calls that belong together: their URLs, what is said about them, and their handlers. */
interface Resource {
    /** Adds a line for each call. */
    void routes(RouteTable table);

    /** Describes each call that is routed here, and those that the event loops take before the router. Any time later, if ever. */
    void describe(Descriptions all);
}
