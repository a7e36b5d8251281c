package io.meristem.cli;

import java.util.ListResourceBundle;

/** Parts of help texts that the library knows: {@code ${bundle:key}} in a description. */
final class HelpTexts extends ListResourceBundle {
    @Override
    protected Object[][] getContents() {
        return new Object[][] {{ScorerNames.KEY, ScorerNames.list()}};
    }
}
