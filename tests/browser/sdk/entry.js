// What the pages use of the AWS SDK for JavaScript; esbuild makes one file of it.
export { S3Client, GetObjectCommand, HeadObjectCommand } from "@aws-sdk/client-s3";
export { Upload } from "@aws-sdk/lib-storage";
