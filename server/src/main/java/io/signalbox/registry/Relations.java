package io.signalbox.registry;

import io.signalbox.device.EntityId;
import io.signalbox.device.EntityType;
import io.signalbox.device.TenantId;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Relations between entities (REST API §12). Calls block until they are read or committed: virtual threads. Who may see or
 * change what is for the caller to check.
 */
public final class Relations {
    /** Of one walk; more are refused. */
    private static final int FOUND_MAX = 10_000;

    private final RelationStore store;

    public Relations(RelationStore store) {
        this.store = store;
    }

    /**
     * What somebody finds who goes from one entity to the next.
     *
     * @param levelMax      how far; the relations of the root are the first level
     * @param lastLevelOnly only those that lead to where it goes no further
     * @param filters       a relation fits one of them; none: all fit
     */
    public record Walk(
            EntityId root,
            Relation.Direction direction,
            Relation.Group group,
            int levelMax,
            boolean lastLevelOnly,
            List<Filter> filters) {
        public Walk {
            filters = List.copyOf(filters);
        }
    }

    /**
     * Which relations are wanted.
     *
     * @param type  empty: any
     * @param types of the entity that the relation leads to; none: any
     */
    public record Filter(Optional<String> type, Set<EntityType> types) {
        public Filter {
            types = Set.copyOf(types);
        }

        private boolean fits(Relation relation, Relation.Direction direction) {
            return type.filter(wanted -> !wanted.equals(relation.type())).isEmpty()
                    && (types.isEmpty()
                            || types.contains(relation.end(direction).type()));
        }
    }

    /** Both ends are the tenant's. As {@link RelationStore#save}. */
    public Relation save(TenantId tenant, Relation relation) {
        if (relation.type().isBlank()) {
            throw Checks.badRequest("Relation type should be specified!");
        }
        Checks.text("relation type", relation.type());
        return store.save(tenant, relation);
    }

    /** @throws Rejected {@code NOT_FOUND} */
    public Relation find(EntityId from, EntityId to, String type, Relation.Group group) {
        return store.find(from, to, type, group).orElseThrow(Relations::missing);
    }

    /** @throws Rejected {@code NOT_FOUND} */
    public Relation delete(EntityId from, EntityId to, String type, Relation.Group group) {
        return store.delete(from, to, type, group).orElseThrow(Relations::missing);
    }

    /** As {@link RelationStore#deleteAllOf}. */
    public int deleteAllOf(EntityId entity, Relation.Group group) {
        return store.deleteAllOf(entity, group);
    }

    /** As {@link RelationStore#list}. */
    public List<Relation> list(
            EntityId entity, Relation.Direction direction, Optional<String> type, Relation.Group group) {
        return store.list(entity, direction, type, group);
    }

    private record Step(EntityId entity, int level, Optional<Relation> by) {}

    /**
     * Each entity is passed once, the nearest first.
     *
     * @throws Rejected {@code BAD_REQUEST}: there are more than 10,000 relations
     */
    public List<Relation> walk(Walk walk) {
        List<Relation> found = new ArrayList<>();
        Set<EntityId> passed = new HashSet<>(Set.of(walk.root()));
        Deque<Step> steps = new ArrayDeque<>(List.of(new Step(walk.root(), 0, Optional.empty())));
        int seen = 0;
        while (!steps.isEmpty()) {
            Step step = steps.removeFirst();
            List<Relation> next = step.level() < walk.levelMax()
                    ? store.list(step.entity(), walk.direction(), Optional.empty(), walk.group())
                    : List.of();
            seen += next.size();
            if (seen > FOUND_MAX) {
                throw Checks.badRequest(
                        "More than " + FOUND_MAX + " relations. Please reduce 'maxLevel' of the query.");
            }
            boolean isEnd = next.isEmpty();
            step.by().filter(_ -> isEnd || !walk.lastLevelOnly()).ifPresent(found::add);
            for (Relation relation : next) {
                EntityId end = relation.end(walk.direction());
                if (passed.add(end)) {
                    steps.addLast(new Step(end, step.level() + 1, Optional.of(relation)));
                } else if (!walk.lastLevelOnly()) {
                    found.add(relation);
                }
            }
        }
        return found.stream().filter(relation -> fits(walk, relation)).toList();
    }

    private static boolean fits(Walk walk, Relation relation) {
        return walk.filters().isEmpty()
                || walk.filters().stream().anyMatch(filter -> filter.fits(relation, walk.direction()));
    }

    private static Rejected missing() {
        return new Rejected(ErrorCode.NOT_FOUND, "Requested item wasn't found!");
    }
}
