package io.meristem.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.InputException;
import io.meristem.Limit;
import io.meristem.engine.Tensors;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Reads files that PyTorch wrote (bench/peers/pth_fixtures.py) and files that it never would. */
class TorchZipFileTest {

    private static final List<String> NAMES = List.of(
            "conv.weight",
            "conv.bias",
            "norm.weight",
            "norm.bias",
            "norm.running_mean",
            "norm.running_var",
            "norm.num_batches_tracked",
            "fc.weight",
            "fc.bias");

    @TempDir
    Path dir;

    @ParameterizedTest
    @ValueSource(strings = {"state_dict.pth", "protocol4.pth"})
    void readsAStateDictInItsOrder(String name) throws IOException {
        try (PointerScope scope = new PointerScope();
                TensorFile file = TensorFile.open(fixture(name))) {
            assertEquals(NAMES, List.copyOf(file.tensors().keySet()));
            assertEquals(new TensorInfo(Dtype.F32, 2, 3, 3, 3), file.tensors().get("conv.weight"));
            assertArrayEquals(eighths(54), Tensors.toFloats(file.read("conv.weight")));
            assertEquals(new TensorInfo(Dtype.I64), file.tensors().get("norm.num_batches_tracked"));
            assertArrayEquals(new float[] {0}, Tensors.toFloats(file.read("norm.num_batches_tracked")));
        }
    }

    @Test
    void readsAPlainDictAndParameters() throws IOException {
        try (PointerScope scope = new PointerScope();
                TensorFile plain = TensorFile.open(fixture("plain_dict.pth"));
                TensorFile parameters = TensorFile.open(fixture("parameters.pth"))) {
            assertEquals(List.of("b", "a"), List.copyOf(plain.tensors().keySet()));
            assertArrayEquals(eighths(6), Tensors.toFloats(plain.read("b")));
            assertEquals(List.of("w", "b"), List.copyOf(parameters.tensors().keySet()));
            assertArrayEquals(eighths(6), Tensors.toFloats(parameters.read("w")));
            assertThrows(InputException.class, () -> plain.read("c"));
        }
    }

    @Test
    void readsEveryDtype() throws IOException {
        try (PointerScope scope = new PointerScope();
                TensorFile file = TensorFile.open(fixture("dtypes.pth"))) {
            assertEquals(10, file.tensors().size());
            file.tensors().forEach((name, info) -> {
                Tensor tensor = file.read(name);
                assertEquals(info.dtype().scalar(), tensor.scalar_type().intern(), name);
                float[] expected = info.dtype() == Dtype.BOOL
                        ? new float[] {1, 0, 1}
                        : info.dtype().isFloating() ? eighths(6) : new float[] {0, 1, 2, 3, 4, 5};
                assertArrayEquals(expected, Tensors.toFloats(tensor), name);
            });
        }
    }

    @Test
    void readsViewsOfOneStorage() throws IOException {
        try (PointerScope scope = new PointerScope();
                TensorFile file = TensorFile.open(fixture("views.pth"))) {
            assertArrayEquals(eighths(24), Tensors.toFloats(file.read("base")));
            assertView(file, "turned", new long[] {6, 4}, (i, j) -> j * 6 + i);
            assertView(file, "part", new long[] {2, 3}, (i, j) -> (i + 1) * 6 + j + 2);
            assertView(file, "strided", new long[] {2, 2}, (i, j) -> i * 12 + j * 3);
            assertArrayEquals(eighths(24), Tensors.toFloats(file.read("last")));
            assertTrue(file.read("last").is_contiguous());
            assertArrayEquals(new long[0], file.read("scalar").shape());
            assertArrayEquals(new float[] {1.5f}, Tensors.toFloats(file.read("scalar")));
            assertArrayEquals(new long[] {0, 5}, file.read("empty").shape());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"state_dict", "model", "model_state", "model_ema"})
    void findsTheStateDictInACheckpoint(String key) throws IOException {
        try (PointerScope scope = new PointerScope();
                TensorFile file = TensorFile.open(fixture("nested_" + key + ".pth"))) {
            assertEquals(
                    NAMES, List.copyOf(KeyMap.toNetwork(file.tensors().keySet()).keySet()));
            assertEquals(Map.of("epoch", "3", "best", "0.5", "done", "true"), file.metadata());
            assertArrayEquals(eighths(6), Tensors.toFloats(file.read("module.fc.weight")));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "evil_system.pth, system",
        "evil_protocol4.pth, system",
        "evil_eval.pth, __builtin__.eval",
        "evil_getattr.pth, __builtin__.getattr",
        "whole_module.pth, torch.nn.modules.container.Sequential"
    })
    void refusesWhatIsNotData(String name, String asked) throws IOException {
        Path path = fixture(name);
        InputException e = assertThrows(InputException.class, () -> TensorFile.open(path));
        assertTrue(e.getMessage().startsWith(path + " asks to call "), e.getMessage());
        assertTrue(e.getMessage().contains(asked + "; weights are data, so it was not loaded"), e.getMessage());
        assertFalse(Files.exists(Path.of("meristem-was-here")));
    }

    @ParameterizedTest
    @CsvSource({
        "legacy.pth, before 1.6",
        "quantity.pth, tensor 'expanded' of shape",
        "no_tensors.pth, no mapping from names to tensors"
    })
    void refusesWhatIsNoUse(String name, String reason) throws IOException {
        Path path = fixture(name);
        InputException e = assertThrows(InputException.class, () -> TensorFile.open(path));
        assertTrue(e.getMessage().contains(reason), e.getMessage());
    }

    /** Classes that the pickle library would build unasked, and every other way to name one. */
    @ParameterizedTest
    @CsvSource({
        "'cdatetime\ndatetime\n(tR.', datetime.datetime",
        "'cdecimal\nDecimal\n(tR.', decimal.Decimal",
        "'cbuiltins\nbytearray\n(tR.', builtins.bytearray",
        "'carray\narray\n(tR.', array.array",
        "'cPyro4.core\nURI\n(tR.', Pyro4.core.URI",
        "'(ios\nsystem\n.', os.system",
        "'(S''a''\nios\nsystem\n.', instruction 0x53",
        "'(cos\nsystem\no.', os.system",
        "'\u0082\u0001.', a registered extension",
        "'\u008c\u0002os\u008c\u0006system\u0093.', os.system",
        "'ccollections\nOrderedDict\n)\u0081.', instruction 0x81",
        "'cos\u0007\u001b[31m\nsy stem\n.', os??[31m.sy?stem",
        "'Pabc\n.', instruction 0x50",
        "'L1L\n.', instruction 0x4c",
        "'(1.', instruction 0x31"
    })
    void refusesNamesAndInstructionsOutsideTheList(String pickle, String asked) throws IOException {
        InputException e = refuse(latin("\u0080\u0002" + pickle));
        assertTrue(e.getMessage().contains(asked), e.getMessage());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ".",
                "t.",
                "R.",
                "NR.",
                "N)R.",
                "ctorch\nfloat32\n)R.",
                "ccollections\nOrderedDict\n(K\u0001tR.",
                "}K\u0001s.",
                "}(K\u0001u.",
                "](K\u0001e",
                "NNa.",
                "NNNs.",
                "h\u0005.",
                "Q.",
                "NQ.",
                "(X\u0003\u0000\u0000\u0000abctQ.",
                "X\u00ff\u00ff\u00ff\u007fabc.",
                "X\u00ff\u00ff\u00ff\u00ffabc.",
                "B\u00ff\u00ff\u00ff\u007fabc.",
                "\u008b\u00ff\u00ff\u00ff\u007fabc.",
                "\u008d\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u007fabc.",
                "\u008d\u0001",
                "G\u0001.",
                "\u0093.",
                "NN\u0093.",
                "ctorch",
                "ctorch._utils\n_rebuild_tensor_v2\n)R.",
                "ctorch._utils\n_rebuild_parameter\n)R.",
                "\u0080c."
            })
    void refusesDamagedPickles(String pickle) throws IOException {
        InputException e = refuse(latin("\u0080\u0002" + pickle));
        assertTrue(e.getMessage().contains("cannot be read as a PyTorch checkpoint"), e.getMessage());
    }

    /** Each of these would take more memory, time or stack than there is, if it were let. */
    @Test
    void refusesBombs() throws IOException {
        refuse(latin("\u0080\u0002" + "]".repeat(Limit.PICKLE_INSTRUCTIONS.intValue() + 1) + "."));
        refuse(latin("\u0080\u0002" + "N".repeat(Limit.PICKLE_MEGABYTES.intValue() << 20) + "."));
        refuse(latin("\u0080\u0002" + "}X\u0001\u0000\u0000\u0000a".repeat(100_000) + "N" + "s".repeat(100_000) + "."));
        refuse(latin("\u0080\u0002N" + "\u0085".repeat(1_000_000) + "."));
        refuse(latin("\u0080\u0002]q\u0000h\u0000a}h\u0000Ns."));
        refuse(latin("\u0080\u0002]" + "(Ne".repeat(600_000) + "."));
    }

    @ParameterizedTest
    @CsvSource(
            value = {
                "0,  '2,3',   '3,1',  true",
                "1,  '2,3',   '3,1',  false",
                "0,  '2,4',   '4,1',  false",
                "-1, '2,3',   '3,1',  false",
                "0,  '2,-3',  '3,1',  false",
                "0,  '2,3',   '-3,1', false",
                "0,  '2,3',   '3',    false",
                "0,  '2,3',   '9223372036854775807,1', false",
                "9223372036854775807, '2,3', '3,1', false",
                "0,  '9223372036854775807,9223372036854775807', '0,0', false",
                "0,  '1000000,1', '0,1', false",
                "0,  '1,6',   '9223372036854775807,1', true",
                "0,  '0,9223372036854775807,9223372036854775807', '1,1,1', false",
                "6,  '0,5',   '5,1',  true",
                "7,  '0,5',   '5,1',  false",
                "0,  '1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1', '1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1', false"
            })
    void checksThatViewsStayInside(long offset, String size, String stride, boolean fine) throws IOException {
        ByteArrayOutputStream pickle = new ByteArrayOutputStream();
        pickle.write(latin("\u0080\u0002}X\u0001\u0000\u0000\u0000actorch._utils\n_rebuild_tensor_v2\n("));
        pickle.write(
                latin("(X\u0007\u0000\u0000\u0000storagectorch\nFloatStorage\nX\u0001\u0000\u0000\u00000NK\u0006tQ"));
        pickle.write(whole(offset));
        for (String list : List.of(size, stride)) {
            pickle.write('(');
            for (String number : list.split(",")) {
                pickle.write(whole(Long.parseLong(number)));
            }
            pickle.write('t');
        }
        pickle.write(latin("\u0089)tRs."));
        Map<String, byte[]> entries = new LinkedHashMap<>();
        entries.put("x/data.pkl", pickle.toByteArray());
        entries.put("x/data/0", new byte[24]);
        Path path = zip(entries, ZipEntry.STORED);
        if (fine) {
            try (PointerScope scope = new PointerScope();
                    TensorFile file = TensorFile.open(path)) {
                assertEquals(file.tensors().get("a").numel(), file.read("a").numel());
            }
        } else {
            InputException e = assertThrows(InputException.class, () -> TensorFile.open(path));
            assertTrue(e.getMessage().contains("tensor 'a'"), e.getMessage());
        }
    }

    @Test
    void refusesArchivesOfSomethingElse() throws IOException {
        Map<String, byte[]> other = Map.of("a/readme.txt", new byte[3]);
        assertTrue(message(zip(other, ZipEntry.STORED)).contains("zip archive of something else"));
        Map<String, byte[]> state = unzip(fixture("state_dict.pth"));
        assertTrue(message(zip(state, ZipEntry.DEFLATED)).contains("compressed"));
        state.remove("state_dict/data/0");
        assertTrue(message(zip(state, ZipEntry.STORED)).contains("the numbers of tensor 'conv.weight' are not in it"));
        state.put("state_dict/byteorder", latin("middle"));
        assertTrue(message(zip(state, ZipEntry.STORED)).contains("byte order"));
    }

    @Test
    void readsBigEndianNumbersAndAnyTopFolder() throws IOException {
        Map<String, byte[]> turned = new LinkedHashMap<>();
        unzip(fixture("plain_dict.pth")).forEach((name, bytes) -> {
            byte[] copy = bytes.clone();
            for (int i = 0; name.contains("/data/") && i < copy.length; i++) {
                copy[i] = bytes[i / 4 * 4 + 3 - i % 4];
            }
            turned.put(name.replace("plain_dict/", "archive 1/"), name.endsWith("byteorder") ? latin("big") : copy);
        });
        try (PointerScope scope = new PointerScope();
                TensorFile file = TensorFile.open(zip(turned, ZipEntry.STORED))) {
            assertArrayEquals(eighths(6), Tensors.toFloats(file.read("b")));
        }
    }

    @Test
    void refusesEveryTruncation() throws IOException {
        byte[] whole = Files.readAllBytes(fixture("nested_model.pth"));
        Path cut = dir.resolve("cut.pth");
        for (int length = 0; length < whole.length; length += length < 64 || length > whole.length - 64 ? 1 : 37) {
            Files.write(cut, Arrays.copyOf(whole, length));
            assertThrows(InputException.class, () -> TensorFile.open(cut), "cut to " + length);
        }
    }

    /** Random damage, to the archive or to the pickle inside, leaves a readable file or is refused; nothing else. */
    @Test
    void survivesRandomDamage() throws IOException {
        byte[] whole = Files.readAllBytes(fixture("views.pth"));
        Map<String, byte[]> entries = unzip(fixture("views.pth"));
        byte[] pickle = entries.get("views/data.pkl");
        Random random = new Random(2);
        for (int trial = 0; trial < 300; trial++) {
            Path path;
            if (trial % 3 == 0) {
                path = dir.resolve("damaged.pth");
                Files.write(path, damage(whole, random));
            } else {
                entries.put("views/data.pkl", damage(pickle, random));
                path = zip(entries, ZipEntry.STORED);
            }
            try (PointerScope scope = new PointerScope();
                    TensorFile file = TensorFile.open(path)) {
                for (String name : file.tensors().keySet()) {
                    file.read(name);
                }
            } catch (InputException e) {
                assertTrue(e.getMessage().contains(path.toString()), e.getMessage());
            }
        }
    }

    /** Instructions in any order, with arguments that belong to some of them. */
    @Test
    void survivesRandomInstructions() throws IOException {
        List<String> pieces = new ArrayList<>(List.of(
                "ctorch._utils\n_rebuild_tensor_v2\n",
                "ctorch._utils\n_rebuild_tensor_v3\n",
                "ctorch._utils\n_rebuild_parameter\n",
                "ccollections\nOrderedDict\n",
                "ctorch\nFloatStorage\n",
                "ctorch\nSize\n",
                "ctorch\nfloat16\n",
                "c__builtin__\nset\n",
                "X\u0001\u0000\u0000\u00000",
                "X\u0007\u0000\u0000\u0000storage",
                "K\u0001",
                "K\u0006",
                "\u008a\u0002\u00ff\u00ff",
                "q\u0001",
                "h\u0001"));
        "(ttt)\u0085\u0086\u0087RRRQQ}]sueabN\u0088\u0089\u008f\u0090\u0091\u0094.\u0093"
                .chars()
                .forEach(c -> pieces.add(String.valueOf((char) c)));
        Random random = new Random(3);
        for (int trial = 0; trial < 20_000; trial++) {
            StringBuilder pickle = new StringBuilder("\u0080\u0004");
            for (int i = random.nextInt(30); i >= 0; i--) {
                pickle.append(pieces.get(random.nextInt(pieces.size())));
            }
            try {
                StateDicts.find(TorchPickle.read(latin(pickle.append('.').toString())));
            } catch (IOException | TorchPickle.RefusedException e) {
                assertFalse(e.getMessage().isBlank());
            }
        }
    }

    private static byte[] damage(byte[] bytes, Random random) {
        byte[] copy = bytes.clone();
        for (int i = 0; i <= random.nextInt(3); i++) {
            copy[random.nextInt(copy.length)] = (byte) random.nextInt(256);
        }
        return copy;
    }

    private interface Index {
        int of(int i, int j);
    }

    private static void assertView(TensorFile file, String name, long[] shape, Index index) {
        Tensor tensor = file.read(name);
        assertArrayEquals(shape, tensor.shape(), name);
        float[] values = Tensors.toFloats(tensor);
        for (int i = 0; i < values.length; i++) {
            int columns = (int) shape[1];
            assertEquals(index.of(i / columns, i % columns) / 8f, values[i], name);
        }
    }

    private static float[] eighths(int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = i / 8f;
        }
        return values;
    }

    /** A whole number as the instruction LONG1. */
    private static byte[] whole(long number) {
        byte[] bytes = new byte[10];
        bytes[0] = (byte) 0x8a;
        bytes[1] = 8;
        for (int i = 0; i < 8; i++) {
            bytes[2 + i] = (byte) (number >> (8 * i));
        }
        return bytes;
    }

    private static byte[] latin(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private InputException refuse(byte[] pickle) throws IOException {
        Path path = zip(Map.of("x/data.pkl", pickle), ZipEntry.STORED);
        return assertThrows(InputException.class, () -> TensorFile.open(path));
    }

    private static String message(Path path) {
        return assertThrows(InputException.class, () -> TensorFile.open(path)).getMessage();
    }

    private Path fixture(String name) throws IOException {
        Path path = dir.resolve(name);
        try (InputStream in = TorchZipFileTest.class.getResourceAsStream("/weights/" + name)) {
            Files.write(path, in.readAllBytes());
        }
        return path;
    }

    private static Map<String, byte[]> unzip(Path path) throws IOException {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        try (java.util.zip.ZipFile zip = new java.util.zip.ZipFile(path.toFile())) {
            for (ZipEntry entry : java.util.Collections.list(zip.entries())) {
                try (InputStream in = zip.getInputStream(entry)) {
                    entries.put(entry.getName(), in.readAllBytes());
                }
            }
        }
        return entries;
    }

    private Path zip(Map<String, byte[]> entries, int method) throws IOException {
        Path path = dir.resolve("made.pth");
        try (OutputStream out = Files.newOutputStream(path);
                ZipOutputStream zip = new ZipOutputStream(out)) {
            for (Map.Entry<String, byte[]> named : entries.entrySet()) {
                ZipEntry entry = new ZipEntry(named.getKey());
                entry.setMethod(method);
                if (method == ZipEntry.STORED) {
                    CRC32 crc = new CRC32();
                    crc.update(named.getValue());
                    entry.setCrc(crc.getValue());
                    entry.setSize(named.getValue().length);
                }
                zip.putNextEntry(entry);
                zip.write(named.getValue());
            }
        }
        return path;
    }
}
