package io.signalbox.config;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/** Reads a flat YAML file: keys and single values, each with its line. */
final class SettingsFile {
    /** One entry; {@code where} is file and line. */
    record Entry(String key, String text, String where) {}

    private final String name;
    private final List<Entry> entries = new ArrayList<>();
    private final List<String> problems = new ArrayList<>();

    private SettingsFile(String name) {
        this.name = name;
    }

    /** Reads {@code file}; what is wrong with it is among its problems, one line each. Blocks. */
    static SettingsFile read(Path file) {
        SettingsFile result = new SettingsFile(String.valueOf(file.getFileName()));
        try {
            result.entries(Files.readString(file));
        } catch (CharacterCodingException e) {
            result.problems.add(file + ": is not UTF-8");
        } catch (IOException e) {
            result.problems.add(file + ": cannot be read (" + e.getClass().getSimpleName() + ")");
        }
        return result;
    }

    List<Entry> entries() {
        return entries;
    }

    List<String> problems() {
        return problems;
    }

    private void entries(String yaml) {
        Optional<Node> root;
        try {
            root = new Compose(LoadSettings.builder().build()).composeString(yaml);
        } catch (MarkedYamlEngineException e) {
            problems.add(where(e.getProblemMark()) + ": is not YAML: " + oneLine(e.getProblem()));
            return;
        } catch (YamlEngineException e) {
            problems.add(name + ": is not YAML: " + oneLine(String.valueOf(e.getMessage())));
            return;
        }
        if (root.isEmpty()) {
            return;
        }
        if (!(root.get() instanceof MappingNode mapping)) {
            if (!root.get().getTag().equals(Tag.NULL)) {
                problems.add(where(root.get().getStartMark()) + ": must hold lines of the form key: value");
            }
            return;
        }
        for (NodeTuple tuple : mapping.getValue()) {
            entry(tuple);
        }
    }

    private void entry(NodeTuple tuple) {
        String where = where(tuple.getKeyNode().getStartMark());
        if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
            problems.add(where + ": must hold lines of the form key: value");
        } else if (!(tuple.getValueNode() instanceof ScalarNode value)) {
            problems.add(
                    where + ": " + key.getValue() + ": must have a single value; keys are flat, as in mqtt-port: 1883");
        } else if (value.getTag().equals(Tag.NULL)) {
            problems.add(where + ": " + key.getValue() + ": has no value");
        } else {
            entries.add(new Entry(key.getValue(), value.getValue(), where));
        }
    }

    private String where(Optional<Mark> mark) {
        return mark.map(found -> name + ":" + (found.getLine() + 1)).orElse(name);
    }

    private static String oneLine(String text) {
        return text.lines().findFirst().orElse("");
    }
}
