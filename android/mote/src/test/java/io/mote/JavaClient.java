package io.mote;

import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/** The interface as Java sees it. */
final class JavaClient {
    private JavaClient() {}

    /** What is wrong, or null. */
    static String run(File folder) {
        try (Model model = Model.load(new File(folder, "digits.mote")); Session session = model.newSession()) {
            TensorSpec input = model.getInputs().get(0);
            ByteBuffer pixels = Session.directBuffer(input.getBytes());
            ByteBuffer scores = Session.directBuffer(model.getOutputs().get(0).getBytes());
            session.run(pixels, scores);
            List<byte[]> again = session.runBytes(new byte[input.getBytes()]);
            byte[] first = new byte[scores.remaining()];
            scores.get(first);
            if (!Arrays.equals(first, again.get(0))) {
                return "buffers and arrays give different scores";
            }
            List<LayerTime> layers = session.profile(List.of(pixels));
            if (layers.isEmpty()) {
                return "the profile is empty";
            }
        } catch (MoteException | IOException error) {
            return error.toString();
        }
        try {
            Model.load(ByteBuffer.allocateDirect(100)).close();
            return "zeros were taken for a model";
        } catch (MoteException.InvalidModel expected) {
            return expected.getStatus() < 0 ? null : "a status above 0";
        } catch (MoteException other) {
            return "zeros are refused as " + other;
        }
    }
}
