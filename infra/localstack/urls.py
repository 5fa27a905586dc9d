"""Prints the URLs of the upload function, the status function and the console, as the deployment gives them."""

import boto3

stack = boto3.client("cloudformation").describe_stacks(StackName="muster")["Stacks"][0]
outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
print(outputs["UploadUrl"], outputs["StatusUrl"], outputs["ConsoleUrl"])
