-- What devices did wrong. They go with their device.
CREATE TABLE device_event (
    number ${key},
    id ${bytes} NOT NULL,
    device BIGINT NOT NULL REFERENCES device (number) ON DELETE CASCADE,
    time BIGINT NOT NULL,
    method TEXT NOT NULL,
    error TEXT NOT NULL
);

CREATE INDEX events_of_device ON device_event (device, number);

CREATE INDEX events_by_time ON device_event (time);
