package io.meristem.data.folder;

import io.meristem.ErrorCode;
import io.meristem.FileNames;
import io.meristem.InputException;
import io.meristem.Names;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The classes of a data set and the folders that stand for them. */
final class ClassFolders {

    private static final int MOST_KNOWN = 20;

    /** Of a network that is to be judged, in label order; null where the folder says which classes there are. */
    private final List<String> known;

    private final List<String> names = new ArrayList<>();

    /** @param known the classes that photos may be of, in NFC; null where the folder says which classes there are */
    ClassFolders(List<String> known) {
        this.known = known;
        if (known != null) {
            names.addAll(known);
        }
    }

    /** In label order. */
    List<String> names() {
        return names;
    }

    /**
     * Takes the classes from the names of folders, where they are not known: in the order of their names in NFC; folders whose names are the same then are one class.
     *
     * @return what may be a mistake, in sentences
     */
    List<String> name(List<PhotoTree> folders) {
        if (known != null) {
            return List.of();
        }
        List<String> cautions = new ArrayList<>();
        Map<String, Set<String>> spellings = new TreeMap<>();
        Map<String, List<String>> onDisk = new TreeMap<>();
        for (PhotoTree folder : folders) {
            FileNames.requireText(folder.folder().path());
            spellings
                    .computeIfAbsent(Names.loose(folder.name()), k -> new TreeSet<>())
                    .add(folder.name());
            onDisk.computeIfAbsent(folder.name(), k -> new ArrayList<>())
                    .add(folder.folder().name());
        }
        names.addAll(onDisk.keySet());
        onDisk.forEach((name, folderNames) -> {
            if (folderNames.size() > 1) {
                cautions.add(folderNames.size() + " folders are called " + name
                        + ", in different Unicode forms: they are one class.");
            }
        });
        spellings.values().stream()
                .filter(forms -> forms.size() > 1)
                .forEach(forms -> cautions.add("The classes '"
                        + String.join("' and '", forms)
                        + "' differ in case or blanks only: if they are one class, merge the folders."));
        return cautions;
    }

    /** Of the class that a folder is named after; negative where there is none. */
    int label(PhotoTree classFolder) {
        return names.indexOf(classFolder.name());
    }

    /** For photos in a folder that is no class. */
    InputException unknown(PhotoTree classFolder) {
        List<String> like = names.stream()
                .filter(name -> Names.loose(name).equals(Names.loose(classFolder.name())))
                .toList();
        if (known != null) {
            return new InputException(
                    ErrorCode.MISMATCH,
                    "The folder %s holds photos and is none of the classes that are known, %s%s%s",
                    classFolder.folder().path(),
                    known.stream().limit(MOST_KNOWN).collect(Collectors.joining(", ")),
                    known.size() > MOST_KNOWN ? ", ..." : "",
                    like.isEmpty()
                            ? holdsTheDataSet(classFolder)
                                    ? ": give that folder."
                                    : ": name the class folders as in training, or take it away."
                            : ": rename it to '" + like.get(0) + "'.");
        }
        return new InputException(
                ErrorCode.MISMATCH,
                "The class folder %s has no counterpart in the train folder%s",
                classFolder.folder().path(),
                like.isEmpty()
                        ? ": add training photos of it, or remove or rename it."
                        : ", where '" + like.get(0) + "' differs from it in case or blanks only: rename one of them.");
    }

    /** Whether a folder that is no class holds folders of classes that are known, or sides. */
    private boolean holdsTheDataSet(PhotoTree folder) {
        return folder.isOnlyAround()
                && folder.filled().stream()
                        .allMatch(f -> names.contains(f.name())
                                || SideNames.side(f.name()).isPresent());
    }
}
