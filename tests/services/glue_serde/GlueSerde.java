import com.amazonaws.services.schemaregistry.deserializers.GlueSchemaRegistryKafkaDeserializer;
import com.amazonaws.services.schemaregistry.serializers.GlueSchemaRegistryKafkaSerializer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;
import software.amazon.awssdk.auth.credentials.EnvironmentVariableCredentialsProvider;

/**
 * AWS's own serializers for Glue's schema registry, at the endpoint of the environment. Takes a list of jobs as
 * JSON, and prints what came of each on a line: a value in hex, or a row as JSON.
 */
class GlueSerde {
    static final ObjectMapper JSON = new ObjectMapper();

    public static void main(String[] args) throws Exception {
        for (JsonNode job : JSON.readTree(args[0])) {
            String format = job.get("format").asText();
            String topic = job.get("topic").asText();
            Map<String, Object> settings = new HashMap<>();
            settings.put("endpoint", System.getenv("AWS_ENDPOINT_URL"));
            settings.put("region", System.getenv("AWS_REGION"));
            settings.put("dataFormat", format);
            settings.put("schemaAutoRegistrationEnabled", "true");
            settings.put("compression", job.path("compress").asBoolean() ? "ZLIB" : "NONE");
            settings.put("avroRecordType", "GENERIC_RECORD");
            settings.put("protobufMessageType", "DYNAMIC_MESSAGE");
            if (job.has("name")) settings.put("schemaName", job.get("name").asText());
            if (job.has("value")) {
                byte[] value = HexFormat.of().parseHex(job.get("value").asText());
                var reader = new GlueSchemaRegistryKafkaDeserializer(
                    EnvironmentVariableCredentialsProvider.create(), settings);
                Object row = reader.deserialize(topic, value);
                System.out.println(row instanceof Message message ? text(message) : row.toString());
            } else {
                var writer = new GlueSchemaRegistryKafkaSerializer(
                    EnvironmentVariableCredentialsProvider.create(), settings);
                Object row = format.equals("PROTOBUF") ? message(job) : record(job);
                System.out.println(HexFormat.of().formatHex(writer.serialize(topic, row)));
            }
        }
    }

    static String text(Message message) throws Exception {
        return JsonFormat.printer().preservingProtoFieldNames().omittingInsignificantWhitespace().print(message);
    }

    /** A message by the path of its name, such as Outer.Inner. */
    static Message message(JsonNode job) throws Exception {
        var file = FileDescriptorProto.newBuilder();
        JsonFormat.parser().merge(job.get("schema").toString(), file);
        var descriptor = FileDescriptor.buildFrom(file.build(), new FileDescriptor[0]);
        Descriptor type = null;
        for (String name : job.get("message").asText().split("\\.")) {
            type = type == null ? descriptor.findMessageTypeByName(name) : type.findNestedTypeByName(name);
        }
        var message = DynamicMessage.newBuilder(type);
        JsonFormat.parser().merge(job.get("row").toString(), message);
        return message.build();
    }

    static GenericRecord record(JsonNode job) throws Exception {
        Schema schema = new Schema.Parser().parse(job.get("schema").toString());
        var decoder = DecoderFactory.get().jsonDecoder(schema, job.get("row").toString());
        return new GenericDatumReader<GenericRecord>(schema).read(null, decoder);
    }
}
