package io.meristem.weights;

import io.meristem.InputException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * From the names in a file to the names in a network. Files of the home libraries need nothing; what is undone here are the prefixes that wrappers
 * of PyTorch leave, and the names of the authors' own ConvNeXt release, which timm's network replaced by its own.
 */
final class KeyMap {

    /** Left by data-parallel training, by compilation, and by weight averaging. */
    private static final List<String> WRAPPERS = List.of("module.", "_orig_mod.");

    private static final String CONVNEXT_MARK = "downsample_layers.0.0.weight";

    private record Rule(Pattern pattern, String replacement) {
        Rule(String pattern, String replacement) {
            this(Pattern.compile(pattern), replacement);
        }
    }

    /** In the order tried; the first that matches the start of a name wins. */
    private static final List<Rule> CONVNEXT = List.of(
            new Rule("downsample_layers\\.0\\.([01])\\.", "stem.$1."),
            new Rule("downsample_layers\\.([123])\\.([01])\\.", "stages.$1.downsample.$2."),
            new Rule("stages\\.(\\d+)\\.(\\d+)\\.dwconv\\.", "stages.$1.blocks.$2.conv_dw."),
            new Rule("stages\\.(\\d+)\\.(\\d+)\\.pwconv([12])\\.", "stages.$1.blocks.$2.mlp.fc$3."),
            new Rule("stages\\.(\\d+)\\.(\\d+)\\.", "stages.$1.blocks.$2."),
            new Rule("norm\\.", "head.norm."),
            new Rule("head\\.", "head.fc."));

    private KeyMap() {}

    /**
     * @param names a file's tensor names
     * @return the file's name for each name in the network's terms, in the file's order
     * @throws InputException when two names of the file come to the same
     */
    static Map<String, String> toNetwork(Collection<String> names) {
        Map<String, String> map = new LinkedHashMap<>();
        boolean original = names.stream().anyMatch(name -> unwrap(name).equals(CONVNEXT_MARK));
        for (String name : names) {
            String bare = unwrap(name);
            String other = map.put(original ? rename(bare) : bare, name);
            if (other != null) {
                throw new InputException("the weights name the same tensor twice, as " + other + " and as " + name
                        + "; keep one of them");
            }
        }
        return map;
    }

    private static String unwrap(String name) {
        String bare = name;
        for (boolean again = true; again; ) {
            again = false;
            for (String wrapper : WRAPPERS) {
                if (bare.startsWith(wrapper)) {
                    bare = bare.substring(wrapper.length());
                    again = true;
                }
            }
        }
        return bare;
    }

    private static String rename(String name) {
        for (Rule rule : CONVNEXT) {
            Matcher matcher = rule.pattern.matcher(name);
            if (matcher.lookingAt()) {
                return matcher.replaceFirst(rule.replacement);
            }
        }
        return name;
    }
}
