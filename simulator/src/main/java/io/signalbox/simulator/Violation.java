package io.signalbox.simulator;

/** Promises about persistent commands, by the way in which each can be broken. */
enum Violation {
    LOST("lost: accepted, and not found"),
    MIXED_UP("mixed up: a record or a device has another command's content"),
    FALSE_DELIVERY("false delivery: no device got it, or none acknowledged it"),
    FALSE_ANSWER("false answer: the device gave none, or not this one"),
    ANSWER_LOST("answer lost: acknowledged in time, and not in the record"),
    IMPOSSIBLE("impossible state, after what the clients saw"),
    NEGLECTED("neglected: expired, though its device was there for it"),
    STUCK("stuck: open, or sent, two seconds behind its deadline"),
    ID_REUSED("request id used for two commands"),
    OUT_OF_ORDER("out of order"),
    BAD_HISTORY("history that contradicts itself");

    private final String text;

    Violation(String text) {
        this.text = text;
    }

    @Override
    public String toString() {
        return text;
    }
}
