variable "name" {
  description = "Name of what CloudFront has for the site."
  type        = string
  nullable    = false
}

variable "bucket_name" {
  description = "Bucket of the site's files."
  type        = string
  nullable    = false
}

variable "bucket_domain_name" {
  description = "Domain name of the bucket in its region."
  type        = string
  nullable    = false
}

variable "folder" {
  description = "Folder of the site's files as they were built; <folder>.json beside it describes them and the site's headers."
  type        = string
  nullable    = false

  validation {
    condition     = fileexists("${var.folder}/index.html") && fileexists("${var.folder}.json")
    error_message = "There is no site in ${var.folder} with its description ${var.folder}.json: build it with `make package`."
  }
}

variable "config_json" {
  description = "Content of the site's config.json."
  type        = string
  nullable    = false

  validation {
    condition     = can(jsondecode(var.config_json))
    error_message = "config_json must be JSON."
  }
}

variable "connect_origins" {
  description = "Origins that the site's pages may speak to besides their own, such as https://api.example.com."
  type        = list(string)
  nullable    = false

  validation {
    condition     = alltrue([for origin in var.connect_origins : can(regex("^(https?|wss?)://[a-z0-9.*-]+(:[0-9]+)?$", origin))])
    error_message = "connect_origins must be origins, such as https://api.example.com."
  }
}

variable "wait_for_deployment" {
  description = "Whether an apply waits until all of CloudFront has a change of the distribution."
  type        = bool
  nullable    = false
  default     = true
}

variable "domain_names" {
  description = "Domain names of the site besides CloudFront's own; certificate_arn must cover them."
  type        = set(string)
  nullable    = false
  default     = []

  validation {
    condition     = length(var.domain_names) == 0 || var.certificate_arn != ""
    error_message = "domain_names need a certificate: name it in certificate_arn."
  }
}

variable "certificate_arn" {
  description = "ARN of the domain names' ACM certificate, which must lie in us-east-1; empty without domain names."
  type        = string
  nullable    = false
  default     = ""

  validation {
    condition     = var.certificate_arn == "" || can(regex("^arn:[a-z-]+:acm:us-east-1:", var.certificate_arn))
    error_message = "certificate_arn must be empty or an ACM certificate in us-east-1: CloudFront takes no other."
  }
}

variable "price_class" {
  description = "Where CloudFront serves from: PriceClass_100, PriceClass_200 (with Japan) or PriceClass_All."
  type        = string
  nullable    = false
  default     = "PriceClass_200"

  validation {
    condition     = contains(["PriceClass_100", "PriceClass_200", "PriceClass_All"], var.price_class)
    error_message = "price_class must be PriceClass_100, PriceClass_200 or PriceClass_All."
  }
}

variable "web_acl_arn" {
  description = "ARN of a WAF web ACL (scope CLOUDFRONT) to put before the site; empty for none."
  type        = string
  nullable    = false
  default     = ""

  validation {
    condition     = var.web_acl_arn == "" || can(regex("^arn:[a-z-]+:wafv2:us-east-1:", var.web_acl_arn))
    error_message = "web_acl_arn must be empty or the ARN of a WAFv2 web ACL in us-east-1."
  }
}
