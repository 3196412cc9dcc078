package io.signalbox.simulator;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/** The options of one command line, checked: what is here has the right form. */
final class Arguments {
    private final Map<String, String> values;

    private Arguments(Map<String, String> values) {
        this.values = values;
    }

    /**
     * @param words what follows the name of the command
     * @throws UsageError with the first word that is not right
     */
    static Arguments parse(List<Option> known, List<String> words) {
        Map<String, String> values = new HashMap<>();
        for (Option option : known) {
            if (option.standard() != null) {
                values.put(option.name(), option.standard());
            }
        }
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i);
            Option option = known.stream()
                    .filter(o -> word.equals("--" + o.name()))
                    .findFirst()
                    .orElseThrow(() -> new UsageError("unknown option " + word));
            if (option.kind() == Option.Kind.FLAG) {
                values.put(option.name(), "true");
                continue;
            }
            if (++i == words.size()) {
                throw new UsageError(word + " needs a value");
            }
            if (!option.accepts(words.get(i))) {
                throw new UsageError(word + " cannot be " + words.get(i));
            }
            values.put(option.name(), words.get(i));
        }
        return new Arguments(values);
    }

    String text(String name) {
        return optionalText(name).orElseThrow(() -> new UsageError("--" + name + " is missing"));
    }

    Optional<String> optionalText(String name) {
        return Optional.ofNullable(values.get(name));
    }

    int count(String name) {
        return Integer.parseInt(text(name));
    }

    /** A number that must be at least 1. */
    int positive(String name) {
        int number = count(name);
        if (number < 1) {
            throw new UsageError("--" + name + " must be at least 1");
        }
        return number;
    }

    OptionalInt optionalCount(String name) {
        String value = values.get(name);
        return value == null ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(value));
    }

    /** A rate per second; empty when none was asked for. */
    OptionalDouble rate() {
        String value = values.get("rate");
        if (value == null) {
            return OptionalDouble.empty();
        }
        if (Double.parseDouble(value) <= 0) {
            throw new UsageError("--rate must be above 0");
        }
        return OptionalDouble.of(Double.parseDouble(value));
    }

    /** QoS 0 or 1. */
    int qos() {
        return qos(count("qos"));
    }

    /** QoS 0 or 1, which may be left out. */
    int qos(int standard) {
        int qos = optionalCount("qos").orElse(standard);
        if (qos > 1) {
            throw new UsageError("--qos must be 0 or 1");
        }
        return qos;
    }

    boolean flag(String name) {
        return values.containsKey(name);
    }
}
