package io.meristem.data.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Which of {@code n} things belong together (union and find); each stands alone at first. */
final class Clusters {

    private final int[] parent;

    Clusters(int n) {
        parent = new int[n];
        for (int i = 0; i < n; i++) {
            parent[i] = i;
        }
    }

    Clusters copy() {
        Clusters copy = new Clusters(parent.length);
        System.arraycopy(parent, 0, copy.parent, 0, parent.length);
        return copy;
    }

    void join(int a, int b) {
        int low = Math.min(of(a), of(b));
        int high = Math.max(of(a), of(b));
        parent[high] = low;
    }

    /** The least member of the cluster that {@code i} is in. */
    int of(int i) {
        int root = i;
        while (parent[root] != root) {
            root = parent[root];
        }
        while (parent[i] != root) {
            int next = parent[i];
            parent[i] = root;
            i = next;
        }
        return root;
    }

    /** All clusters, members ascending, clusters by their least member. */
    List<List<Integer>> all() {
        Map<Integer, List<Integer>> members = new TreeMap<>();
        for (int i = 0; i < parent.length; i++) {
            members.computeIfAbsent(of(i), k -> new ArrayList<>()).add(i);
        }
        return List.copyOf(members.values());
    }

    /** Those of two members and more. */
    List<List<Integer>> several() {
        return all().stream().filter(c -> c.size() > 1).toList();
    }
}
